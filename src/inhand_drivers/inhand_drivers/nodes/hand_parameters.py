"""Parameters of the hand's driver and of the emulated hand: what config/hand_driver.yaml says, described."""

from __future__ import annotations

import sys
from typing import Any

from rclpy.node import Node

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_drivers.hand.config import HandDriverConfig
from inhand_drivers.hand.realtime import use_fifo
from inhand_ros.parameters import declare_config

IN_SIMULATION = {"receive_timeout_s": 1.0}
"""Settings where no real device is there: a slow machine's slave may answer late."""
SWITCH_S = 0.0005
"""The thread on the bus must not wait longer than this for Python's lock."""


def prepare(node: Node, **given: Any) -> HandDriverConfig:
    """Declares the parameters, and readies process and calling thread for a thread that keeps time.

    Args:
        node: the node that runs in this process.
        given: settings in place of what parameters and file say.
    """
    file = config_file("hand_driver")
    values = declare_config(node, HandDriverConfig, read_yaml(file), file, left_out=("full_scale_torque",))
    config = load_config(HandDriverConfig, values | given, node.get_name())
    sys.setswitchinterval(SWITCH_S)
    if (denied := use_fifo(config.io_priority)) is not None:
        node.get_logger().warning(denied)
    return config
