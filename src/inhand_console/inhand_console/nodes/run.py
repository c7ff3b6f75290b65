"""Start and end of this package's nodes."""

from __future__ import annotations

from collections.abc import Callable

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from inhand_ros.executor import SteadyExecutor


def run(make: Callable[[], Node]) -> None:
    """Runs a node until it is interrupted."""
    rclpy.init()
    node = None
    try:
        node = make()
        executor = SteadyExecutor()
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
