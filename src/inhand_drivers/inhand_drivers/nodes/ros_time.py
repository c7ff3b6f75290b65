"""The node's time, finer than /clock: a simulator publishes that every 10 ms, devices stamp frames in between."""

from __future__ import annotations

import threading
import time

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from inhand_drivers.clock import ClockMap
from inhand_ros import to_ns

WINDOW_S, BIN_S, AHEAD_NS, SETTLE_NS = 2.0, 0.1, 20_000_000, 1_000_000_000


class RosTime:
    """`now_ns` is the wall clock's time, or, with use_sim_time, the simulator's.

    The simulator's is told from /clock as a device's time is told from its messages, and goes at most 20 ms beyond the
    newest: a paused simulator's time stands still.
    """

    def __init__(self, node: Node) -> None:
        self._lock = threading.Lock()
        self._newest = 0
        self._origin: tuple[int, int] | None = None
        self._map = ClockMap(WINDOW_S, BIN_S, fit_drift=False)
        self._simulated = bool(node.get_parameter("use_sim_time").value)
        if self._simulated:
            qos = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
            node.create_subscription(Clock, "/clock", self._on_clock, qos)

    @property
    def ready(self) -> bool:
        """Whether the time is known well: at once on the wall clock, in simulation a second after the first /clock."""
        if not self._simulated:
            return True
        return self._origin is not None and time.monotonic_ns() - self._origin[1] > SETTLE_NS

    def now_ns(self) -> int:
        """The time [ns]; 0 while it is not known. May be called from any thread."""
        if not self._simulated:
            return time.time_ns()
        with self._lock:
            if self._origin is None:
                return 0
            host = (time.monotonic_ns() - self._origin[1]) * 1e-9
            lag = self._map.to_host(0.0)
            told = self._origin[0] + round((host - lag) * 1e9)
            return min(max(told, self._newest), self._newest + AHEAD_NS)

    def _on_clock(self, message: Clock) -> None:
        host, simulated = time.monotonic_ns(), to_ns(message.clock)
        with self._lock:
            if self._origin is None or simulated < self._newest:
                self._origin = simulated, host
                self._map.reset()
            self._newest = simulated
            self._map.add((simulated - self._origin[0]) * 1e-9, (host - self._origin[1]) * 1e-9)
