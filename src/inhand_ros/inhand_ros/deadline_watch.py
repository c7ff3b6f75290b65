"""Whether the machine is too slow for a real hand, as the controller's reports tell."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from inhand_interfaces.msg import ControllerStatus

MANY = 4
"""Periods of the controller, of 5 ms, that may not be skipped or overrun from one report (0.1 s) to the next: as long
without a command the motor boards stop."""
LASTS_S = 1.0
"""A machine counts as too slow for this long after it was."""


class Deadlines:
    """Counts what a controller has missed; no ROS calls here.

    Args:
        now: the wall's time [s].
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._missed: int | None = None
        self._late_at: float | None = None

    def take(self, missed: int) -> None:
        """Takes the newest count of skipped and overrun periods since the controller started."""
        if self._missed is not None and missed - self._missed >= MANY:
            self._late_at = self._now()
        self._missed = missed

    def overloaded(self) -> bool:
        """Whether this many went lately that a trial says nothing about its policy."""
        return self._late_at is not None and self._now() - self._late_at < LASTS_S


class DeadlineWatch(Deadlines):
    """Follows controller/status for a node."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        node.create_subscription(ControllerStatus, "controller/status", self._on_status, 10)

    def _on_status(self, message: ControllerStatus) -> None:
        self.take(message.skipped_periods + message.missed_deadlines)
