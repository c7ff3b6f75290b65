"""What a simulated world waits for: answers of its graph, told by their stamps, and by wall time only for a bound.

A node that dies or hangs must not stop the world for ever. How long it is waited for is counted in short waits, each up
to `CREDIT_S`, so that a time in which this process itself did not run is not held against anybody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from inhand_core.config import ConfigError
from inhand_core.ranges import POSITIVE, Range
from inhand_core.times import nanoseconds

SLICE_S, CREDIT_S = 0.02, 0.1
"""Length of one wait, and what it counts at most where the machine let it last longer [s]."""
IN_VAIN = 0.1
"""Part of the patience that is left while somebody is lost: others are silent then for lack of what he would say."""


@dataclass(frozen=True)
class SimulatedTimeConfig:
    """Values and texts in config/simulated_time.yaml. Values and texts in config/simulated_time.yaml."""

    speed: Annotated[float, Range(0.0, 100.0)]
    wait_for_graph: bool
    patience_s: Annotated[float, POSITIVE]
    limits_s: dict[str, Annotated[float, Range(0.0, 10.0)]]


@dataclass(frozen=True)
class Stream:
    """A topic that is waited for.

    Attributes:
        topic: its name.
        limit_s: the world does not enter a time at which the topic's newest stamp is older than this [s].
    """

    topic: str
    limit_s: float

    def __post_init__(self) -> None:
        if not self.limit_s > 0.0:
            raise ConfigError(f"{self.topic}: the age that is waited at must be > 0 s, is {self.limit_s}")


class Gate:
    """Holds back a world that would run ahead of its graph. One thread waits, others tell what they heard.

    A stream counts from the first message on that is not too old. When it has been waited for in vain it counts no
    more, until another such message comes: its node is gone or hangs, and what follows from that is for the others.

    Args:
        streams: what is waited for.
        patience_s: how long one is waited for [s of wall time].
        time_ns: where the world begins.

    Attributes:
        gave_up: how often one was waited for in vain. lost: topics that count no more.
    """

    def __init__(self, streams: Iterable[Stream], patience_s: float, time_ns: int = 0) -> None:
        if not patience_s > 0.0:
            raise ConfigError(f"patience_s must be > 0 s, is {patience_s}")
        self._limits = {stream.topic: nanoseconds(stream.limit_s) for stream in streams}
        self._patience_s = patience_s
        self._newest: dict[str, int] = {}
        self._time_ns = time_ns
        self._waited_s = 0.0
        self._news = threading.Condition()
        self.gave_up = 0
        self.lost: set[str] = set()

    @property
    def topics(self) -> list[str]:
        """What can be waited for."""
        return list(self._limits)

    @property
    def answered(self) -> bool:
        """Whether there is somebody to wait for."""
        return bool(self._newest)

    def heard(self, topic: str, stamp_ns: int) -> None:
        """A message of a topic has come; topics that are not waited for are left aside."""
        if topic not in self._limits:
            return
        with self._news:
            if topic in self._newest or stamp_ns >= self._time_ns - self._limits[topic]:
                self._newest[topic] = stamp_ns
                self.lost.discard(topic)
                self._news.notify()

    def awaited(self, time_ns: int) -> str:
        """The topic without which the world must not enter `time_ns`; empty: it may."""
        with self._news:
            self._time_ns = time_ns
            return self._awaited(time_ns)

    def wait(self, time_ns: int) -> bool:
        """Waits a little for what `time_ns` needs; returns whether the world may enter it.

        When waits in a row have been in vain for as long as patience allows, what is missing counts no more.
        """
        begun = time.monotonic()
        with self._news:
            self._time_ns = time_ns
            if self._news.wait_for(lambda: not self._awaited(time_ns), SLICE_S):
                self._waited_s = 0.0
                return True
            self._waited_s += min(time.monotonic() - begun, CREDIT_S)
            if self._waited_s >= self._patience_s * (IN_VAIN if self.lost else 1.0):
                self._give_up(self._awaited(time_ns))
                self._waited_s = 0.0
            return not self._awaited(time_ns)

    def be_patient(self) -> None:
        """Begins counting again: the world has been paused."""
        self._waited_s = 0.0

    def _give_up(self, topic: str) -> None:
        self._newest.pop(topic, None)
        self.lost.add(topic)
        self.gave_up += 1

    def _awaited(self, time_ns: int) -> str:
        for topic, newest in self._newest.items():
            if newest < time_ns - self._limits[topic]:
                return topic
        return ""
