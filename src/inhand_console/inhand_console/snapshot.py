"""What the page shows at one moment, and the box that collects it from wherever messages come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import Fingertips, Goal, HandAction, JointStates, Markers, ObjectPose, Trial
from inhand_data.intrinsics import Intrinsics


@dataclass(frozen=True)
class SimHealth:
    """How simulated time runs: over wall time in the last second, physics ticks given up since start.

    `speed` is the factor asked for (0: as fast as the graph can); `waits`: for the graph, so that all of it is slow
    when the machine is; `awaited`: what for at this moment.
    """

    real_time_factor: float
    missed_ticks: int
    paused: bool
    speed: float = 1.0
    waits: bool = False
    awaited: str = ""

    @property
    def pace(self) -> float:
        """What rates are to be judged by: the factor where all of the graph runs on simulated time, else 1."""
        return self.real_time_factor if self.waits and self.real_time_factor > 0.0 else 1.0


@dataclass(frozen=True)
class ControllerHealth:
    """The controller: mode (a name of inhand_interfaces/ControllerStatus), counters since start, lateness [s]."""

    mode: str
    missed_deadlines: int
    refused: int
    lost_actions: int
    lateness_p99: float


@dataclass(frozen=True)
class NodeReport:
    """What a node last said of itself on /diagnostics, `arrival` [s]; level 0 OK, 1 WARN, 2 ERROR, 3 STALE."""

    level: int
    message: str
    values: Mapping[str, str]
    arrival: float


@dataclass(frozen=True)
class Graph:
    """Nodes as they see and describe themselves.

    `present` are the names of the nodes that discovery finds, None before it was asked; `since` says when each was
    first found [s, the clock of the reports]; `states` are the lifecycle states of those that have one ("active", …).
    """

    present: frozenset[str] | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, NodeReport] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class InUse:
    """What the running nodes say they use: the policy's weights, and each node's groups of randomisation."""

    weights: str | None = None
    randomization: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Latencies:
    """New since the last snapshot [ms]: marker frame to motor command, and from one policy action to the next."""

    marker_to_motor: tuple[float, ...] = ()
    policy_period: tuple[float, ...] = ()


@dataclass(frozen=True)
class TopicRate:
    """Arrivals on one topic: over the last seconds [Hz], and the time since the newest [s]; None: never any."""

    rate: float
    age: float | None


@dataclass(frozen=True)
class Snapshot:
    """Newest signal of each kind (all with B = 1); None where nothing has arrived.

    `joint_states` in the order of inhand_description.JOINTS; `markers` in world, the poses in hand_base.
    `decision` is the policy's own action, with its bins; `action` what the hand is given, after smoothing.
    `true_pose` is the simulator's own pose of the object, which no other component sees. `unreadable` says of a topic
    why its newest message could not be used; the last good one is kept. `images` (H, W, 3) uint8 RGB, `intrinsics` and
    `camera_poses` (4, 4), world from optical frame, go by the camera's name. `replayed` is the time in a recording [s];
    None of what happens now.
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
    action: HandAction | None = None
    decision: HandAction | None = None
    graph: Graph = field(default_factory=Graph)
    in_use: InUse = field(default_factory=InUse)
    latencies: Latencies = field(default_factory=Latencies)
    images: Mapping[str, np.ndarray] = field(default_factory=dict)
    intrinsics: Mapping[str, Intrinsics] = field(default_factory=dict)
    camera_poses: Mapping[str, np.ndarray] = field(default_factory=dict)
    rates: Mapping[str, TopicRate] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    replayed: float | None = None


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
    "hand/action": "action",
    "policy/action": "decision",
}
"""Topic -> field of `Snapshot`; other topics are only counted."""
CAMERA_FIELDS = {"image_raw": "images", "camera_info": "intrinsics"}
"""Last part of a camera's topic -> field of `Snapshot`, which goes by the first part."""


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
        self._cameras: dict[str, dict[str, Any]] = {name: {} for name in CAMERA_FIELDS.values()}

    def note(self, **values: Any) -> None:
        """Sets fields of the next snapshots that do not come as one message."""
        with self._lock:
            self._values.update(values)

    def forget_cameras(self) -> None:
        """Drops the images, after their subscriptions have been off."""
        with self._lock:
            for kept in self._cameras.values():
                kept.clear()

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
        read = {topic: self._decode(topic, message) for topic, message in waiting.items() if _is_shown(topic)}
        with self._lock:
            for topic, value in read.items():
                self._keep(topic, value)
            values = {**self._values, **{name: dict(kept) for name, kept in self._cameras.items()}}
            if "latencies" in values:
                self._values["latencies"] = Latencies()
        return Snapshot(**values, rates=self._rates(count, arrival, now), unreadable=dict(self._unreadable))

    def _decode(self, topic: str, message: Any) -> Any:
        """The value, or None where the message cannot be read."""
        try:
            value = self._decoders.get(topic, _as_it_is)(message)
            self._unreadable.pop(topic, None)
            return value
        except ValueError as error:
            self._unreadable[topic] = str(error)
            return None

    def _keep(self, topic: str, value: Any) -> None:
        if value is None:
            return
        camera, _, last = topic.rpartition("/")
        if topic in FIELDS:
            self._values[FIELDS[topic]] = value
        else:
            self._cameras[CAMERA_FIELDS[last]][camera] = value

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


def _is_shown(topic: str) -> bool:
    return topic in FIELDS or topic.rpartition("/")[2] in CAMERA_FIELDS


def _as_it_is(message: Any) -> Any:
    return message
