"""The signals of a bag beside its images: joints, fingertips, poses, goals and actions, as of any stamp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import N_ACTUATORS, N_FINGERTIPS, N_JOINTS
from inhand_data.bags import BagReader
from inhand_data.stamps import stamp_of
from inhand_description import ACTUATOR_NAMES, JOINT_NAMES

_XYZ, _XYZW = ("x", "y", "z"), ("x", "y", "z", "w")
_FINGERS = ("ff", "mf", "rf", "lf", "th")


@dataclass(frozen=True)
class Source:
    """Where a signal comes from: topic, names of its numbers, and the numbers of a message."""

    topic: str
    names: tuple[str, ...]
    values: Callable[[Any], Any]


def _fields(point: Any, names: tuple[str, ...]) -> list[float]:
    return [getattr(point, name) for name in names]


def _joints(field_name: str) -> Callable[[Any], Any]:
    """A field of sensor_msgs/JointState in the order of JOINT_NAMES."""

    def read(message: Any) -> Any:
        order = {name: index for index, name in enumerate(message.name)}
        return np.asarray(getattr(message, field_name))[[order[name] for name in JOINT_NAMES]]

    return read


SOURCES = {
    "observation.state": Source("/joint_states", tuple(JOINT_NAMES), _joints("position")),
    "observation.velocity": Source("/joint_states", tuple(JOINT_NAMES), _joints("velocity")),
    "observation.fingertips": Source(
        "/fingertips",
        tuple(f"{finger}_{axis}" for finger in _FINGERS for axis in _XYZ),
        lambda m: [value for point in m.position for value in _fields(point, _XYZ)],
    ),
    "observation.object_pose": Source(
        "/object/pose",
        (*_XYZ, "qx", "qy", "qz", "qw"),
        lambda m: [*_fields(m.pose.pose.position, _XYZ), *_fields(m.pose.pose.orientation, _XYZW)],
    ),
    "observation.goal": Source("/goal", ("qx", "qy", "qz", "qw"), lambda m: _fields(m.orientation, _XYZW)),
    "action": Source("/policy/action", tuple(ACTUATOR_NAMES), lambda m: m.action),
}
"""What is exported beside images; joints [rad, rad/s], places [m] in hand_base, quaternions (x, y, z, w)."""
SIZES = {"observation.state": N_JOINTS, "observation.fingertips": 3 * N_FINGERTIPS, "action": N_ACTUATORS}


@dataclass
class Track:
    """One signal: stamps (n,) [ns] in the order of their coming, and values (n, size)."""

    stamp_ns: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def as_of(self, at_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The newest values (m, size) not later than each of `at_ns` (m,), and their age [ns]; age < 0: none yet."""
        stamps = np.asarray(self.stamp_ns, np.int64)
        if not len(stamps):
            return np.zeros((len(at_ns), 0)), np.full(len(at_ns), -1)
        order = np.argsort(stamps, kind="stable")
        index = np.searchsorted(stamps[order], at_ns, side="right") - 1
        values = np.asarray(self.values, np.float64)[order][np.maximum(index, 0)]
        return values, np.where(index >= 0, at_ns - stamps[order][np.maximum(index, 0)], -1)


def read_tracks(bag: BagReader) -> dict[str, Track]:
    """Every signal of `SOURCES` that the bag has."""
    tracks = {name: Track() for name, source in SOURCES.items() if source.topic in bag.topics}
    by_topic: dict[str, list[str]] = {}
    for name in tracks:
        by_topic.setdefault(SOURCES[name].topic, []).append(name)
    for entry in bag.entries(by_topic):
        message, stamp = bag.message(entry), stamp_of(entry.data)
        for name in by_topic[entry.topic]:
            tracks[name].stamp_ns.append(stamp)
            tracks[name].values.append(SOURCES[name].values(message))
    return tracks
