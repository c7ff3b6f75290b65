"""What the page shows at one moment, and the box that collects it from wherever messages come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inhand_core.signals import Fingertips, Goal, JointStates, Markers, ObjectPose, Trial


@dataclass(frozen=True)
class SimHealth:
    """How the simulator keeps up: simulated over wall seconds of the last second, physics ticks dropped since start."""

    real_time_factor: float
    missed_ticks: int
    paused: bool


@dataclass(frozen=True)
class ControllerHealth:
    """The controller: mode (a name of inhand_interfaces/ControllerStatus), counters since start, lateness [s]."""

    mode: str
    missed_deadlines: int
    refused: int
    lost_actions: int
    lateness_p99: float


@dataclass(frozen=True)
class TopicRate:
    """Arrivals on one topic: over the last seconds [Hz], and the time since the newest [s]; None: never any."""

    rate: float
    age: float | None


@dataclass(frozen=True)
class Snapshot:
    """Newest signal of each kind (all with B = 1); None where nothing has arrived.

    `joint_states` in the order of inhand_description.JOINTS; `markers` in world, the poses in hand_base.
    `true_pose` is the simulator's own pose of the object, which no other component sees. `unreadable` says of a topic
    why its newest message could not be used; the last good one is kept.
    """

    joint_states: JointStates | None = None
    object_pose: ObjectPose | None = None
    true_pose: ObjectPose | None = None
    goal: Goal | None = None
    markers: Markers | None = None
    fingertips: Fingertips | None = None
    trial: Trial | None = None
    simulator: SimHealth | None = None
    controller: ControllerHealth | None = None
    rates: Mapping[str, TopicRate] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


FIELDS = {
    "joint_states": "joint_states",
    "object/pose": "object_pose",
    "sim/object_pose": "true_pose",
    "goal": "goal",
    "mocap/markers": "markers",
    "fingertips": "fingertips",
    "trial": "trial",
    "sim/status": "simulator",
    "controller/status": "controller",
}
"""Topic -> field of `Snapshot`; other topics are only counted."""


class Inbox:
    """Keeps the newest message of each topic, still encoded, and counts; decodes at most once per snapshot.

    Messages may come from any thread; the work of decoding is left to whoever takes the snapshot, so that a topic of
    240 Hz costs a callback no more than a counter.

    Args:
        decoders: topic -> function from the message as given to `put` to the value shown, or a ValueError; a topic of
            `FIELDS` without a decoder is shown as it is.
        window_s: rates are counted over this long [s].
    """

    def __init__(self, decoders: Mapping[str, Callable[[Any], Any]] | None = None, window_s: float = 2.0) -> None:
        self._decoders = dict(decoders or {})
        self._window_s = window_s
        self._lock = threading.Lock()
        self._waiting: dict[str, Any] = {}
        self._count: dict[str, int] = {}
        self._arrival: dict[str, float] = {}
        self._values: dict[str, Any] = {}
        self._unreadable: dict[str, str] = {}
        self._history: list[tuple[float, dict[str, int]]] = []

    def put(self, topic: str, message: Any, now: float) -> None:
        """Takes a message of `topic` that arrived at `now` [s, any steady clock]."""
        with self._lock:
            self._waiting[topic] = message
            self._count[topic] = self._count.get(topic, 0) + 1
            self._arrival[topic] = now

    def forget_rates(self) -> None:
        """Starts counting afresh, after subscriptions have been off."""
        with self._lock:
            self._history.clear()
            self._count.clear()
            self._arrival.clear()

    def snapshot(self, now: float) -> Snapshot:
        """Everything newest at `now` [s, the clock of `put`]."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            count, arrival = dict(self._count), dict(self._arrival)
        for topic, message in waiting.items():
            if topic in FIELDS:
                self._decode(topic, message)
        return Snapshot(**self._values, rates=self._rates(count, arrival, now), unreadable=dict(self._unreadable))

    def _decode(self, topic: str, message: Any) -> None:
        try:
            self._values[FIELDS[topic]] = self._decoders.get(topic, _as_it_is)(message)
            self._unreadable.pop(topic, None)
        except ValueError as error:
            self._unreadable[topic] = str(error)

    def _rates(self, count: dict[str, int], arrival: dict[str, float], now: float) -> dict[str, TopicRate]:
        self._history.append((now, count))
        while len(self._history) > 2 and self._history[1][0] <= now - self._window_s:
            self._history.pop(0)
        then, before = self._history[0]
        span = max(now - then, 1e-9)
        return {
            topic: TopicRate((n - before.get(topic, 0)) / span if now > then else 0.0, now - arrival[topic])
            for topic, n in count.items()
        }


def _as_it_is(message: Any) -> Any:
    return message
