"""What the cameras' node says of itself in /diagnostics."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rclpy.node import Node

from inhand_ros import Diagnostics
from inhand_ros.images import CameraOutlet
from inhand_sim.cameras.studio import Studio


class CameraReport:
    """Rates, and how the processes fare; a failure goes to the log as well, once.

    Args:
        node: whose log it is.
        studio: the processes.
        outlets: by camera.
    """

    def __init__(self, node: Node, studio: Studio, outlets: Mapping[str, CameraOutlet]) -> None:
        self._node, self._studio, self._outlets = node, studio, outlets
        self._counted, self._counted_s = dict.fromkeys(outlets, 0), time.monotonic()
        self._told: set[str] = set()

    def fill(self, status: Diagnostics) -> None:
        """Adds to a report."""
        now, processes = time.monotonic(), self._studio.processes
        for failure in dict.fromkeys(process.failure for process in processes.values() if process.failure):
            status.error(failure)
            if failure not in self._told:
                self._node.get_logger().error(failure)
            self._told.add(failure)
        status.add("processes that died", self._studio.deaths)
        for name, outlet in self._outlets.items():
            process = processes.get(name)
            status.add(f"{name} process", "none" if process is None else process.state)
            status.add(f"{name} render time [ms]", 0.0 if process is None else 1000.0 * process.render_s)
            status.add(f"{name} rate [Hz]", (outlet.published - self._counted[name]) / (now - self._counted_s))
            self._counted[name] = outlet.published
        self._counted_s = now
