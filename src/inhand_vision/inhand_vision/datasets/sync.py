"""Which images and which pose belong together: as of a reference topic, from stamps alone.

An image is taken as of the reference stamp: the newest that is not later than it by more than `max_skew_s` (cameras
that are triggered together differ by microseconds). The pose is interpolated at the reference stamp; the later of its
two neighbours may lie at most `max_future_s` behind the stamp, so that nothing from further in the future leaks in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.times import NANOSECONDS, nanoseconds


@dataclass(frozen=True)
class SyncConfig:
    """Bounds on what belongs together [s].

    Attributes:
        max_skew_s: an image may be later than the reference by this.
        max_image_age_s: and older by this; else the camera's image is stale.
        max_future_s: the pose after the reference stamp may be later by this.
        max_label_age_s: without a usable pose after it, the one before may be older by this.
    """

    max_skew_s: float = 0.005
    max_image_age_s: float = 0.020
    max_future_s: float = 0.020
    max_label_age_s: float = 0.004

    def __post_init__(self) -> None:
        for name in ("max_skew_s", "max_image_age_s", "max_future_s", "max_label_age_s"):
            if getattr(self, name) < 0.0:
                raise ConfigError(f"{name} must be >= 0 s, is {getattr(self, name)}")


@dataclass(frozen=True)
class PoseTrack:
    """Object poses over time: stamp_ns (n,) rising, position (n, 3), orientation (n, 4), usable (n,) bool.

    `usable` is false where the pose was not measured; `segment` (n,) changes where the object was moved by hand or by
    a reset, so that nothing is interpolated across.
    """

    stamp_ns: np.ndarray
    position: np.ndarray
    orientation: np.ndarray
    usable: np.ndarray
    segment: np.ndarray


def as_of(reference_ns: np.ndarray, stamps_ns: np.ndarray, config: SyncConfig) -> np.ndarray:
    """For each reference stamp the index of the image as of it, or -1 where that is missing or stale.

    Args:
        reference_ns: (m,) stamps [ns].
        stamps_ns: (n,) stamps of a camera's images, rising [ns].
    """
    if not len(stamps_ns):
        return np.full(len(reference_ns), -1)
    latest = reference_ns + nanoseconds(config.max_skew_s)
    index = np.searchsorted(stamps_ns, latest, side="right") - 1
    age = reference_ns - stamps_ns[np.maximum(index, 0)]
    return np.where((index >= 0) & (age <= config.max_image_age_s * NANOSECONDS), index, -1)


def label(track: PoseTrack, at_ns: np.ndarray, config: SyncConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses at `at_ns` (m,): position (m, 3), orientation (m, 4), found (m,) bool; see the module.

    Positions are interpolated linearly, orientations along the shortest rotation.
    """
    count = len(track.stamp_ns)
    if not count:
        return np.zeros((len(at_ns), 3)), np.tile([0.0, 0.0, 0.0, 1.0], (len(at_ns), 1)), np.zeros(len(at_ns), bool)
    after = np.searchsorted(track.stamp_ns, at_ns, side="right")
    before, after = np.maximum(after - 1, 0), np.minimum(after, count - 1)
    age = (at_ns - track.stamp_ns[before]) / NANOSECONDS
    ahead = (track.stamp_ns[after] - at_ns) / NANOSECONDS
    started = (age >= 0.0) & track.usable[before] & (track.segment[before] == track.segment[after])
    span = age + ahead
    between = started & (after > before) & track.usable[after] & (ahead <= config.max_future_s)
    between &= span <= 2.0 * config.max_future_s
    held = started & ~between & (age <= config.max_label_age_s)
    share = np.where(between, age / np.where(span > 0.0, span, 1.0), 0.0)
    position = track.position[before] + share[:, None] * (track.position[after] - track.position[before])
    return position, slerp(track.orientation[before], track.orientation[after], share), between | held


def slerp(start: np.ndarray, end: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Orientations (m, 4) that lie `share` (m,) of the shortest way from `start` to `end` (m, 4)."""
    turn = rotations.to_rotation_vector(rotations.relative(end, start))
    step = rotations.from_rotation_vector(share[:, None] * turn)
    return rotations.canonical(rotations.normalize(rotations.multiply(step, start)))


def missing_frames(stamps_ns: np.ndarray) -> int:
    """Frames that a camera of constant rate left out, from the gaps between its stamps (n,) [ns]."""
    if len(stamps_ns) < 3:
        return 0
    intervals = np.diff(stamps_ns)
    return int(np.maximum(np.round(intervals / np.median(intervals)) - 1, 0).sum())


def trial_at(trial_ns: np.ndarray, trial_id: np.ndarray, at_ns: np.ndarray) -> np.ndarray:
    """The trial (m,) that runs at `at_ns` (m,); -1 before the first message.

    Args:
        trial_ns: (n,) rising stamps of trial messages [ns]; trial_id: (n,) what they say, -1 where no trial runs.
    """
    if not len(trial_ns):
        return np.zeros(len(at_ns), np.int64)
    index = np.searchsorted(trial_ns, at_ns, side="right") - 1
    return np.where(index >= 0, trial_id[np.maximum(index, 0)], -1)


def trial_begin(trial_ns: np.ndarray, trial_id: np.ndarray, at_ns: np.ndarray) -> np.ndarray:
    """The stamp (m,) [ns] of the first message of the trial that runs at `at_ns` (m,); the earliest where none does."""
    running = trial_at(trial_ns, trial_id, at_ns)
    numbers, first = np.unique(trial_id, return_index=True)
    begins = dict(zip(numbers.tolist(), trial_ns[first].tolist()))
    earliest = np.iinfo(np.int64).min
    return np.array([earliest if number < 0 else begins.get(number, earliest) for number in running.tolist()], np.int64)
