"""Parameters of the recorder."""

from __future__ import annotations

from rclpy.node import Node

from inhand_ros.bag import BagConfig
from inhand_ros.parameters import declare


def recorder_parameters(node: Node) -> tuple[str, BagConfig, float]:
    """Declares them: topics that are left out, how the bag is written, and memory for what waits for the disk [MiB]."""
    text = "topics in whose names this regular expression is found are not recorded; empty: all are"
    exclude = declare(node, "exclude", r"/compressed$|^/sim/tick$", text)
    default = BagConfig()
    config = BagConfig(
        declare(node, "split_mb", default.split_mb, "size of a file of the bag [MiB]; 0: no limit"),
        declare(node, "split_s", default.split_s, "length of a file of the bag [s]; 0: no limit"),
        declare(node, "keep_free_mb", default.keep_free_mb, "end when the disk has less room than this [MiB]"),
        declare(node, "compression", default.compression, "none, lz4 or zstd"),
        declare(node, "flush_s", default.flush_s, "a recorder that is killed loses what came within this [s]"),
    )
    queue_mb = declare(node, "queue_mb", 512.0, "memory for what waits for the disk [MiB]", (1.0, 1e5))
    return exclude, config, queue_mb
