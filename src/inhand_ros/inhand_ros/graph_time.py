"""The time that a graph runs on, in seconds: the wall's, or the simulator's as long as there is one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rclpy.node import Node

from inhand_core.times import seconds

GRACE_S = 3.0
"""A simulator without a sign of life for this long [s of wall time] is gone; from then on the wall's time counts."""


class GraphTime:
    """What to count silence, durations and time-outs in.

    In simulation that is simulated time, which a slow machine makes slow and a pause stops. Only when the simulator
    itself is silent does it go on by the wall's, so that what is awaited of a dead one does not wait for ever.

    Args:
        simulated: whether the graph runs on /clock.
    """

    def __init__(self, simulated: bool) -> None:
        self._simulated = simulated
        self._clock_s = 0.0
        self._alive_s: float | None = None

    def beat(self, wall_s: float) -> None:
        """The simulator has given a sign of life at `wall_s` [s, monotonic]."""
        self._alive_s = wall_s

    def now(self, clock_s: float, wall_s: float) -> float:
        """The time [s], given that of the node's clock and the monotonic one."""
        if not self._simulated:
            return wall_s
        if clock_s != self._clock_s or self._alive_s is None:
            self._clock_s = clock_s
            self.beat(wall_s)
        return clock_s + max(wall_s - self._alive_s - GRACE_S, 0.0)


def on_sim_time(node: Node) -> bool:
    """Whether a node runs on /clock."""
    return bool(node.get_parameter("use_sim_time").value)


def graph_now(node: Node, graph_time: GraphTime) -> float:
    """`GraphTime.now` for a node, now."""
    return graph_time.now(seconds(node.get_clock().now().nanoseconds), time.monotonic())


@dataclass(frozen=True)
class Moment:
    """A time [s] on the graph's clock and on the wall's."""

    graph: float
    wall: float


class RunClock:
    """How long a run has lasted, on the graph's clock and on the wall's, for a node."""

    def __init__(self, node: Node) -> None:
        self._node, self._time = node, GraphTime(on_sim_time(node))
        self.created = self.now()
        self.begun: Moment | None = None
        self._ended: Moment | None = None

    def beat(self) -> None:
        """The simulator has given a sign of life."""
        self._time.beat(time.monotonic())

    def now(self) -> Moment:
        """The time."""
        return Moment(graph_now(self._node, self._time), time.monotonic())

    def begin(self) -> None:
        """The run begins."""
        self.begun = self.now()

    def end(self) -> None:
        """The run ends; the first end counts."""
        self._ended = self._ended or self.now()

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self._ended is not None

    @property
    def lasted(self) -> Moment:
        """Seconds since the begin, up to the end; 0 before."""
        if self.begun is None:
            return Moment(0.0, 0.0)
        end = self._ended or self.now()
        return Moment(end.graph - self.begun.graph, end.wall - self.begun.wall)
