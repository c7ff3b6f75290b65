"""The node's time, finer than /clock: a simulator publishes that every 10 ms, devices stamp frames in between."""

from __future__ import annotations

import threading
import time

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from inhand_core.times import nanoseconds, seconds
from inhand_drivers.clock import ClockMap
from inhand_ros import declare, to_ns

WINDOW_S, BIN_S, AHEAD_NS, SETTLE_NS = 2.0, 0.1, 20_000_000, 1_000_000_000
OVERTAKEN_NS = 100_000_000  # what says that it was made later than that is wrong
TICKS, TICKS_DEPTH = "sim/tick", 50
SIMULATED = "all devices are simulated or emulated: keep to the simulator's ticks, in time-outs as well"


class RosTime:
    """`now_ns` is the wall clock's time, or, with use_sim_time, the simulator's.

    The simulator's is told from /clock as a device's time is told from its messages, and goes at most 20 ms beyond the
    newest: a paused simulator's time stands still. Where the parameter `simulated` says that no real device is there,
    it is that of the simulator's ticks, which wait for the drivers as for everybody.

    Attributes:
        simulated: the parameter's value.
    """

    def __init__(self, node: Node) -> None:
        self._news = threading.Condition()
        self._newest = 0
        self._origin: tuple[int, int] | None = None
        self._map = ClockMap(WINDOW_S, BIN_S, fit_drift=False)
        self._follows_clock = bool(node.get_parameter("use_sim_time").value)
        self.simulated = declare(node, "simulated", False, SIMULATED)
        if self.simulated:
            self._ticks = node.create_subscription(Clock, TICKS, self._on_tick, TICKS_DEPTH)
        elif self._follows_clock:
            qos = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
            node.create_subscription(Clock, "/clock", self._on_clock, qos)

    @property
    def ready(self) -> bool:
        """Whether the time is known well: at once on the wall clock, in simulation a second after the first /clock."""
        if self.simulated:
            return self._newest > 0
        if not self._follows_clock:
            return True
        return self._origin is not None and time.monotonic_ns() - self._origin[1] > SETTLE_NS

    def now_ns(self) -> int:
        """The time [ns]; 0 while it is not known. May be called from any thread."""
        if self.simulated:
            return self._newest_tick()
        if not self._follows_clock:
            return time.time_ns()
        with self._news:
            if self._origin is None:
                return 0
            host = seconds(time.monotonic_ns() - self._origin[1])
            lag = self._map.to_host(0.0)
            told = self._origin[0] + nanoseconds(host - lag)
            return min(max(told, self._newest), self._newest + AHEAD_NS)

    def not_before(self, now_ns: int, made_ns: int) -> int:
        """When something was heard of that was made at `made_ns` of the simulator's time, if all is simulated [ns].

        Not before it was made: the word of its tick may come a little later than itself.
        """
        early = self.simulated and now_ns < made_ns < now_ns + OVERTAKEN_NS
        return made_ns if early else now_ns

    def seconds(self) -> float:
        """What time-outs count in [s]: the steady clock or, where all is simulated, the time since the first tick."""
        if not self.simulated:
            return time.monotonic()
        with self._news:
            return 0.0 if self._origin is None else seconds(self._newest - self._origin[0])

    def await_tick(self, timeout_s: float) -> None:
        """Waits for the next tick, or for this long [s of wall time]."""
        with self._news:
            before = self._newest
            self._news.wait_for(lambda: self._newest != before, timeout_s)

    def _newest_tick(self) -> int:
        """The newest tick, also of those that the executor has not yet come to: an old one would date a frame back."""
        with self._news:
            while (taken := self._ticks.handle.take_message(Clock, False)) is not None:
                self._on_tick(taken[0])
            return self._newest

    def _on_tick(self, message: Clock) -> None:
        with self._news:
            tick = to_ns(message.clock)
            if self._origin is None:
                self._origin = tick, time.monotonic_ns()
            if tick < self._newest:  # another simulator: time-outs still never go back
                self._origin = self._origin[0] - (self._newest - tick), self._origin[1]
            self._newest = tick
            self._news.notify_all()

    def _on_clock(self, message: Clock) -> None:
        host, simulated = time.monotonic_ns(), to_ns(message.clock)
        with self._news:
            if self._origin is None or simulated < self._newest:
                self._origin = simulated, host
                self._map.reset()
            self._newest = simulated
            self._map.add(seconds(simulated - self._origin[0]), seconds(host - self._origin[1]))
