"""Samples for the fit of the Hall tables: raw values, and where the fingertip markers were seen in hand_base."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from inhand_calibration.joints.kinematics import BASE, BASE_POSITIONS, FINGERTIPS
from inhand_calibration.recording import MARKERS, SENSORS, Recording
from inhand_calibration.steadiness import breaks, clear_of
from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_description.hall import HallTable, joint_angles
from inhand_kernels.registration import register, subset_index, well_posed_subsets

MIN_SPREAD_M = 0.01
"""Visible base markers nearer to one line than this fix no frame [m]."""
STILL_M = 0.002
"""Base markers that stray less than this [m, root mean square] from their means belong to a hand that stands still."""


@dataclass(frozen=True, eq=False)
class JointSamples:
    """N moments.

    Attributes:
        raw: (N, 24) [counts].
        tips: (N, 5, 3) fingertip markers [m, hand_base].
        seen: (N, 5) bool.
        time: (N,) [s] from the recording's first reading; empty where there is no recording.
    """

    raw: np.ndarray
    tips: np.ndarray
    seen: np.ndarray
    time: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.raw)

    def rows(self, chosen: np.ndarray) -> JointSamples:
        """Those samples."""
        time = self.time[chosen] if len(self.time) else self.time
        return JointSamples(self.raw[chosen], self.tips[chosen], self.seen[chosen], time)


def joint_samples(recording: Recording, tables: tuple[HallTable, ...], count: int) -> JointSamples:
    """At most `count` samples, spread evenly over the way that the joints went, so that rests weigh no more.

    The frame hand_base comes from its visible markers by rigid registration: of their means where the hand stood still,
    because the noise of a small plate is long at the fingertips, else of each frame. Raw values are interpolated at the
    frame's time, never across a break in the recording (`steadiness`).

    Args:
        recording: sensors and markers.
        tables: any tables near the truth, which tell how far the joints went.
        count: largest number of samples.

    Raises:
        ConfigError: a stream is empty, markers are not in the recording, or the base was never seen.
    """
    recording.require([SENSORS, MARKERS])
    index = _marker_index(recording.marker_ids)
    raw = recording.raw()
    inside = (recording.marker_time >= recording.sensor_time[0]) & (recording.marker_time <= recording.sensor_time[-1])
    base = recording.position[:, index[BASE]]
    visible = recording.condition[:, index[BASE]] > 0.0
    usable = inside & well_posed_subsets(BASE_POSITIONS, MIN_SPREAD_M)[subset_index(visible)]
    if not usable.any():
        raise ConfigError(f"markers {list(BASE)} on the hand's base were never seen well enough to give its frame")
    broken = breaks(recording.sensor_time, joint_angles(tables, raw))
    usable &= clear_of(broken, recording.marker_time)
    if not usable.any():
        raise ConfigError(
            f"the recording breaks all the time ({len(broken)} times): joints jump, or readings are missing"
        )
    base, visible, times = base[usable], visible[usable], recording.marker_time[usable]
    raw = np.stack([np.interp(times, recording.sensor_time, column) for column in raw.T], axis=-1)
    fit = register(BASE_POSITIONS, *_steadied(base, visible.astype(np.float64)))
    to_base = rotations.conjugate(fit.rotation)[:, None]
    tips = rotations.rotate(to_base, recording.position[usable][:, index[FINGERTIPS]] - fit.position[:, None])
    seen = recording.condition[usable][:, index[FINGERTIPS]] > 0.0
    chosen = _evenly(joint_angles(tables, raw), count)
    return JointSamples(raw, tips, seen, times - recording.sensor_time[0]).rows(chosen)


def _steadied(base: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Base markers (N, n, 3) [m] and weights (N, n), or their means (1, …) where the markers stayed in place."""
    total = weight.sum(axis=0)
    mean = (weight[..., None] * base).sum(axis=0) / np.maximum(total, 1.0)[:, None]
    stray = np.sqrt((weight * np.square(base - mean).sum(axis=-1)).sum() / total.sum())
    return (mean[None], total[None]) if stray < STILL_M else (base, weight)


def _marker_index(ids: np.ndarray) -> dict[tuple[int, ...], list[int]]:
    place = {int(marker): column for column, marker in enumerate(ids)}
    if missing := [marker for marker in (*FINGERTIPS, *BASE) if marker not in place]:
        raise ConfigError(f"markers {missing} are not in the recording; it has {sorted(place)}")
    return {group: [place[marker] for marker in group] for group in (FINGERTIPS, BASE)}


def _evenly(angles: np.ndarray, count: int) -> np.ndarray:
    """Indices of samples at even distances along the way in joint space, the largest step of any joint counting."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(angles, axis=0)).max(axis=1))])
    return np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], min(count, len(way)))).clip(0, len(way) - 1))
