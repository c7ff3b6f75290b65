"""What the simulator's node settles at its start: which devices it stands in for, and when its time begins."""

from __future__ import annotations

import time

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from inhand_core.config import ConfigError
from inhand_core.times import NANOSECONDS

START_GRID_NS = 2 * NANOSECONDS
"""Simulated time starts on a multiple of this, so that all rates of the graph fall on it."""


def start_time_ns() -> int:
    """Time [ns] at which simulation starts: the wall clock's, on the graph's grid.

    At speeds up to 1 simulated time does not run ahead of the wall's, so that a simulator that starts again goes on
    after its predecessor: /clock never goes back. At higher speeds it may; then the nodes start over. Stamps of
    simulated and of real devices share a time base, too.
    """
    return time.time_ns() // START_GRID_NS * START_GRID_NS


def check_device(node: Node, device: str) -> str:
    """Declares the parameter that switches a device; returns "sim" or "off".

    Raises:
        ConfigError: another value.
    """
    text = "sim, or off where a real one is used or none"
    options = ParameterDescriptor(description=text, read_only=True, dynamic_typing=True)
    value = node.declare_parameter(device, "sim", options).value
    value = "off" if value is False else value  # YAML reads a bare `off` as false
    if value not in ("sim", "off"):
        raise ConfigError(f"{device}: {value!r} is not one of ['sim', 'off']")
    return value


def topics_left_out(node: Node) -> list[str]:
    """Declares a parameter for each device; returns the topics of those that are off."""
    devices = {"phasespace": "mocap/markers", "hand": "hand/sensors"}
    return [topic for device, topic in devices.items() if check_device(node, device) == "off"]
