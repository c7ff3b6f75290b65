"""Cuts a recording into windows of about 1 s: where the joints were, what actions came, where they went (paper C.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inhand_calibration.exercise import GROUPS
from inhand_calibration.recording import ACTIONS, SENSORS, Recording
from inhand_calibration.steadiness import breaks, clear_of
from inhand_core.config import ConfigError
from inhand_description import JOINTS
from inhand_description.hall import HallTable, joint_angles

ACTION_PERIOD = 0.080
"""Time between actions [s] (paper, C.1)."""
_TOLERANCE = 0.2
"""Largest deviation from it within a window, as a share."""
_HALF_DIFFERENCE = 0.010
"""Velocities are central differences over twice this time [s]."""

GROUP_JOINTS: dict[str, np.ndarray] = {
    name: np.array([j for j, row in enumerate(JOINTS) if row.finger == name]) for name in GROUPS
}
"""Joint indices of each finger and of the wrist."""


@dataclass(frozen=True, eq=False)
class Windows:
    """W windows of n actions in which one finger was exercised.

    Attributes:
        group: the finger, or the wrist.
        first: (W,) index of each window's first action in the recording.
        position, velocity: (W, 24) joints when it comes [rad, rad/s].
        path: (W, n, 24) joint angles one action period after each action [rad].
    """

    group: str
    first: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    path: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def rows(self, chosen: np.ndarray) -> Windows:
        """Those windows."""
        return Windows(self.group, self.first[chosen], self.position[chosen], self.velocity[chosen], self.path[chosen])


def cut_windows(
    recording: Recording, tables: tuple[HallTable, ...], length_s: float, stride_s: float
) -> dict[str, Windows]:
    """Windows by finger; a window belongs to the finger whose motors' actions are the largest.

    Args:
        recording: sensors and actions.
        tables: Hall tables of that hand.
        length_s: length of a window; it is rounded to whole actions.
        stride_s: from the beginning of one window to that of the next.

    Raises:
        ConfigError: no window fits, or a stream is empty.
    """
    recording.require([SENSORS, ACTIONS])
    count, stride = round(length_s / ACTION_PERIOD), max(1, round(stride_s / ACTION_PERIOD))
    angles = joint_angles(tables, recording.raw())
    broken = breaks(recording.sensor_time, angles)
    found: dict[str, list[int]] = {}
    for first in _regular(recording, count, stride, broken):
        actions = np.abs(recording.action[first : first + count]).mean(axis=0)
        group = max(GROUPS, key=lambda name: actions[GROUPS[name]].mean())
        found.setdefault(group, []).append(first)
    if not found:
        raise ConfigError(f"no {length_s:g} s of actions every {ACTION_PERIOD:g} s in the recording")
    return {
        group: _windows(recording, angles, group, np.array(found[group]), count) for group in GROUPS if group in found
    }


def split(windows: Windows, every: int) -> tuple[Windows, Windows]:
    """Windows to fit, and every n-th one held back; nothing is held back where there are fewer than n."""
    index = np.arange(len(windows))
    held = (index % every == every - 1) if len(windows) >= every else np.zeros(len(windows), bool)
    return windows.rows(~held), windows.rows(held)


def _regular(recording: Recording, count: int, stride: int, broken: np.ndarray) -> Iterator[int]:
    """Indices of first actions from which actions came in time, with unbroken sensors from before to after."""
    times, sensors = recording.action_time, recording.sensor_time
    good = np.abs(np.diff(times) - ACTION_PERIOD) <= _TOLERANCE * ACTION_PERIOD
    for first in range(0, len(times) - count, stride):
        inside = times[first] - _HALF_DIFFERENCE >= sensors[0] and times[first + count] <= sensors[-1]
        clear = clear_of(broken, times[first : first + 1] - _HALF_DIFFERENCE, times[first + count : first + count + 1])
        if inside and good[first : first + count].all() and clear.all():
            yield first


def _windows(recording: Recording, angles: np.ndarray, group: str, first: np.ndarray, count: int) -> Windows:
    times = recording.action_time

    def at(moments: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(moments, recording.sensor_time, column) for column in angles.T], axis=-1)

    begin = times[first]
    velocity = (at(begin + _HALF_DIFFERENCE) - at(begin - _HALF_DIFFERENCE)) / (2.0 * _HALF_DIFFERENCE)
    after = times[first[:, None] + 1 + np.arange(count)]
    return Windows(group, first, at(begin), velocity, at(after))
