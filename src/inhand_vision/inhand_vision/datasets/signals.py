"""The signals of a bag beside its images: joints, fingertips, poses, goals and actions, as of any stamp.

A trial's actions are its own: before its first one no action is in force, whatever the trial before ended with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import N_ACTUATORS, N_FINGERTIPS, N_JOINTS
from inhand_data.bags import BagReader
from inhand_data.stamps import stamp_of
from inhand_description import ACTUATOR_NAMES, JOINT_NAMES
from inhand_vision.datasets.sync import trial_begin

_XYZ, _XYZW = ("x", "y", "z"), ("x", "y", "z", "w")
_FINGERS = ("ff", "mf", "rf", "lf", "th")


@dataclass(frozen=True)
class Source:
    """Where a signal comes from.

    Attributes:
        topic: that it is read from.
        names: of its numbers.
        values: the numbers of a message, as many as names; NaN where the message lacks one.
        of_trial: what a trial began with does not hold in the next one.
    """

    topic: str
    names: tuple[str, ...]
    values: Callable[[Any], Any]
    of_trial: bool = False


def _fields(point: Any, names: tuple[str, ...]) -> list[float]:
    return [getattr(point, name) for name in names]


def _joints(field_name: str) -> Callable[[Any], Any]:
    """A field of sensor_msgs/JointState in the order of JOINT_NAMES."""

    def read(message: Any) -> Any:
        found = dict(zip(message.name, getattr(message, field_name)))
        return [found.get(name, np.nan) for name in JOINT_NAMES]

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
    "action": Source("/policy/action", tuple(ACTUATOR_NAMES), lambda m: m.action, of_trial=True),
}
"""What is exported beside images; joints [rad, rad/s], places [m] in hand_base, quaternions (x, y, z, w)."""
ARRAYS = {
    "joint_position": ("observation.state", (N_JOINTS,)),
    "joint_velocity": ("observation.velocity", (N_JOINTS,)),
    "fingertips": ("observation.fingertips", (N_FINGERTIPS, 3)),
    "goal": ("observation.goal", (4,)),
    "action": ("action", (N_ACTUATORS,)),
}
"""What the project's own datasets hold: name of the array, signal, shape of a row."""


@dataclass
class Track:
    """One signal: stamps (n,) [ns] in the order of their coming, and values (n, size)."""

    stamp_ns: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def as_of(self, at_ns: np.ndarray, since_ns: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The newest values (m, size) not later than each of `at_ns` (m,), and whether there is one (m,) bool.

        Args:
            at_ns: stamps [ns].
            since_ns: (m,) what is older than this counts as none [ns].
        """
        stamps = np.asarray(self.stamp_ns, np.int64)
        if not len(stamps):
            return np.zeros((len(at_ns), 0)), np.zeros(len(at_ns), bool)
        order = np.argsort(stamps, kind="stable")
        index = np.searchsorted(stamps[order], at_ns, side="right") - 1
        values = np.asarray(self.values, np.float64)[order][np.maximum(index, 0)]
        there = (index >= 0) & np.isfinite(values).all(axis=1)
        if since_ns is not None:
            there &= stamps[order][np.maximum(index, 0)] >= since_ns
        return values, there


def signals_at(
    tracks: dict[str, Track], at_ns: np.ndarray, trial_ns: np.ndarray, trial_id: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each signal's values (m, size) at `at_ns` (m,), and whether it has one there (m,) bool.

    Args:
        tracks: what `read_tracks` gave.
        at_ns: stamps [ns].
        trial_ns, trial_id: see `sync.trial_at`.
    """
    begins = trial_begin(trial_ns, trial_id, at_ns)
    return {name: track.as_of(at_ns, begins if SOURCES[name].of_trial else None) for name, track in tracks.items()}


def read_tracks(bag: BagReader) -> dict[str, Track]:
    """Every signal of `SOURCES` that the bag has; a message that is not what its topic carries gives NaN.

    Raises:
        ShortMessage: a message without a stamp.
    """
    tracks = {name: Track() for name, source in SOURCES.items() if source.topic in bag.topics}
    by_topic: dict[str, list[str]] = {}
    for name in tracks:
        by_topic.setdefault(SOURCES[name].topic, []).append(name)
    for entry in bag.entries(by_topic):
        message, stamp = bag.message(entry), stamp_of(entry.data)
        for name in by_topic[entry.topic]:
            tracks[name].stamp_ns.append(stamp)
            tracks[name].values.append(_numbers(SOURCES[name], message))
    return tracks


def _numbers(source: Source, message: Any) -> np.ndarray:
    missing = np.full(len(source.names), np.nan)
    try:
        values = np.asarray(source.values(message), np.float64).ravel()
    except (AttributeError, TypeError, ValueError):
        return missing
    return values if values.shape == missing.shape else missing
