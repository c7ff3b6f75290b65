"""/diagnostics of a node, once a second (what diagnostic_updater does, where ROS lacks it)."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from inhand_ros.names import report_name


class Diagnostics:
    """One DiagnosticStatus a second of wall time, written by `fill`: OK until it calls `warn` or `error`.

    Args:
        node: the node that reports.
        fill: writes a report.
        hardware_id: the device that the node drives, "" for none. While a device is at ERROR no trial runs.
    """

    def __init__(self, node: Node, fill: Callable[[Diagnostics], None], hardware_id: str = "") -> None:
        self._node = node
        self._fill = fill
        self._hardware_id = hardware_id
        self._status = DiagnosticStatus()
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = node.create_timer(1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def close(self) -> None:
        """Ends the reports."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def add(self, key: str, value: object) -> None:
        """Adds a pair; floats are shortened to four digits."""
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        self._status.values.append(KeyValue(key=key, value=text))

    def warn(self, text: str) -> None:
        """Raises the level to WARN at least."""
        self._raise(DiagnosticStatus.WARN, text)

    def error(self, text: str) -> None:
        """Raises the level to ERROR."""
        self._raise(DiagnosticStatus.ERROR, text)

    def _raise(self, level: bytes, text: str) -> None:
        texts = [] if self._status.level == DiagnosticStatus.OK else [self._status.message]
        self._status.level = max(self._status.level, level)
        self._status.message = "; ".join([*texts, text])

    def publish(self) -> None:
        """Reports now; to be called where something has changed that others should not wait a second for."""
        name = f"{report_name(self._node)}: graph"
        self._status = DiagnosticStatus(
            name=name, level=DiagnosticStatus.OK, message="OK", hardware_id=self._hardware_id
        )
        self._fill(self)
        message = DiagnosticArray(status=[self._status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
