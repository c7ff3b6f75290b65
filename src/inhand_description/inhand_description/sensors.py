"""The 26 Hall sensors: which joint each measures, and the tables that turn raw counts into angles.

The tables are those of the simulated hand: plausible in slope (of either sign), span and curvature, as a factory
calibration is, and not measured on any real one. A real hand brings its own file in the same form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_description.joints import JOINT_INDEX, JOINT_NAMES, JOINTS

RAW_MAX = 4095.0
"""Largest value of the 12-bit converter [counts]."""
DOUBLED = ("rh_WRJ1", "rh_THJ5")
"""Joints with two sensors, whose raw values are averaged before calibration (Shadow's hand: 26 sensors, 24 joints)."""

HALL_CHANNELS: tuple[str, ...] = tuple(
    channel for name in JOINT_NAMES for channel in ((f"{name}_A", f"{name}_B") if name in DOUBLED else (name,))
)
"""Names of the channels, in the order of HandSensors.hall."""

_POINTS = 5
_SOURCE = "invented for the simulated hand: 5 points over the joint's range and 0.1 rad beyond either stop"


@dataclass(frozen=True)
class CalibrationRow:
    """Piecewise linear table of one joint.

    Attributes:
        joint: name of the joint.
        raw: converter values, rising [counts].
        angle: joint angle at each [rad].
        source: where the numbers come from.
    """

    joint: str
    raw: tuple[float, ...]
    angle: tuple[float, ...]
    source: str


def _table(index: int) -> CalibrationRow:
    """Every third joint's magnet is mounted the other way round; the curve bends by 3 to 9 % of its span."""
    row = JOINTS[index]
    low, high = 700.0 + 53.0 * (index % 7), 3300.0 - 41.0 * (index % 5)
    bend = 0.03 + 0.01 * (index % 7)
    share = np.linspace(0.0, 1.0, _POINTS)
    raw = np.round(low + (high - low) * (share + bend * 4.0 * share * (1.0 - share) * (1.0 - 2.0 * (index % 2))))
    angle = (row.lower - 0.1) + (row.upper - row.lower + 0.2) * share
    if index % 3 == 0:
        angle = angle[::-1]
    return CalibrationRow(row.name, tuple(raw.tolist()), tuple(np.round(angle, 6).tolist()), _SOURCE)


CALIBRATION: tuple[CalibrationRow, ...] = tuple(_table(index) for index in range(len(JOINTS)))
"""Tables of the 24 joints, order of JOINTS."""


def hall_channel_joints() -> np.ndarray:
    """Joint index (26,) of each channel."""
    return np.array([JOINT_INDEX[channel.removesuffix("_A").removesuffix("_B")] for channel in HALL_CHANNELS])
