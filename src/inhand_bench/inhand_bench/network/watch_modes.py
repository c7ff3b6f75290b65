"""Prints what the controller does: a line "<time.monotonic [s]> <mode> <holds so far>" for each of its reports.

Run as a program, `python3 -m inhand_bench.network.watch_modes`, on the host whose controller is meant.
"""

from __future__ import annotations

import time

import rclpy
from rclpy.executors import ExternalShutdownException

from inhand_interfaces.msg import ControllerStatus
from inhand_ros.qos import observer_qos


def main() -> None:
    """Listens until the process is told to end."""
    rclpy.init()
    node = rclpy.create_node("watch_modes")

    def show(status: ControllerStatus) -> None:
        print(f"{time.monotonic():.3f} {status.mode} {status.holds}", flush=True)

    node.create_subscription(ControllerStatus, "controller/status", show, observer_qos(reliable=False))
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
