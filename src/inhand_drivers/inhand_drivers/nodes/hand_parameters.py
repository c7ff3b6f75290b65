"""Parameters of the hand's driver and of the emulated hand: what config/hand_driver.yaml says, described."""

from __future__ import annotations

import sys
from typing import Any

from rclpy.node import Node

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_drivers.hand.config import HandDriverConfig
from inhand_drivers.hand.realtime import use_fifo
from inhand_ros import declare
from inhand_ros.parameters import file_comments

IN_SIMULATION = {"receive_timeout_s": 1.0}
"""Settings where no real device is there: a slow machine's slave may answer late."""
_FILE_ONLY = "full_scale_torque"
SWITCH_S = 0.0005
"""The thread on the bus must not wait longer than this for Python's lock."""


def prepare(node: Node, **given: Any) -> HandDriverConfig:
    """Declares the parameters, and readies process and calling thread for a thread that keeps time.

    Args:
        node: the node that runs in this process.
        given: settings in place of what parameters and file say.
    """
    config = load_config(HandDriverConfig, driver_settings(node) | given, node.get_name())
    sys.setswitchinterval(SWITCH_S)
    if (denied := use_fifo(config.io_priority)) is not None:
        node.get_logger().warning(denied)
    return config


def driver_settings(node: Node) -> dict[str, Any]:
    """The file's content with each entry but the torque scale declared as a parameter; "slave.serial" is nested."""
    path = config_file("hand_driver")
    content, comments = read_yaml(path), file_comments(path)
    for name, value in content.items():
        if isinstance(value, dict) and name != _FILE_ONLY:
            content[name] = {key: _declare(node, f"{name}.{key}", item, comments) for key, item in value.items()}
        elif name != _FILE_ONLY:
            content[name] = _declare(node, name, value, comments)
    return content


def _declare(node: Node, name: str, value: Any, comments: dict[str, str]) -> Any:
    return declare(node, name, value, comments.get(name, name))
