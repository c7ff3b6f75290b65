"""Which devices are missing, as /diagnostics tells: what every driver's report says of its hardware."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from inhand_interfaces.msg import SimStatus
from inhand_ros.graph_time import GraphTime, graph_now, on_sim_time
from inhand_ros.names import own_report

SILENT_S = 3.0
"""Reports come once a second; a driver that has made none for this long of the graph's time is gone."""


class DeviceWatch:
    """Follows every status of its own namespace that names a `hardware_id`, from the first time it is heard of."""

    def __init__(self, node: Node) -> None:
        self._node, self._space = node, node.get_namespace()
        self._heard: dict[str, tuple[float, bool]] = {}
        self._time = GraphTime(on_sim_time(node))
        if on_sim_time(node):
            node.create_subscription(SimStatus, "sim/status", lambda _: self._time.beat(time.monotonic()), 10)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_report, 50)

    def missing(self) -> list[str]:
        """Devices at ERROR and devices whose driver has fallen silent, in alphabetical order."""
        now = graph_now(self._node, self._time)
        return sorted(name for name, (then, fine) in self._heard.items() if not fine or now - then > SILENT_S)

    def _on_report(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.hardware_id and own_report(status.name, self._space) is not None:
                fine = status.level in (DiagnosticStatus.OK, DiagnosticStatus.WARN)
                self._heard[status.hardware_id] = graph_now(self._node, self._time), fine
