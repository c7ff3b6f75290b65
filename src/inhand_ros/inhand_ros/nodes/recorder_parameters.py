"""Parameters of the recorder."""

from __future__ import annotations

from rclpy.node import Node

from inhand_core.config import load_config, to_mapping
from inhand_ros.bag import BagConfig
from inhand_ros.parameters import declare, declare_config


def recorder_parameters(node: Node) -> tuple[str, BagConfig, float]:
    """Declares them: topics that are left out, how the bag is written, and memory for what waits for the disk [MiB]."""
    text = "topics in whose names this regular expression is found are not recorded; empty: all are"
    exclude = declare(node, "exclude", r"/compressed$|^/sim/tick$", text)
    values = declare_config(node, BagConfig, to_mapping(BagConfig()))
    config = load_config(BagConfig, values, node.get_name())
    queue_mb = declare(node, "queue_mb", 512.0, "memory for what waits for the disk [MiB]", (1.0, 1e5))
    return exclude, config, queue_mb
