"""Tables of Hall sensors: joint angle over raw counts, piecewise linear, as the controller's in C++ read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.hand_file import CalibrationPoints
from inhand_description.joints import JOINT_NAMES
from inhand_description.sensors import CALIBRATION, RAW_MAX, hall_channel_joints

MIN_POINTS, MAX_POINTS = 3, 9
"""Truth points that a table may have, in the controller too (paper, appendix B: 3 to 5; Shadow's files: up to 9)."""


@dataclass(frozen=True, eq=False)
class HallTable:
    """Table of one joint: raw (n,) rising [counts], angle (n,) strictly monotone [rad], n = 3 … 9.

    Raises:
        ConfigError: the table breaks one of these rules; the message names the joint.
    """

    joint: str
    raw: np.ndarray
    angle: np.ndarray

    def __post_init__(self) -> None:
        raw, angle = np.asarray(self.raw, np.float64), np.asarray(self.angle, np.float64)
        if raw.ndim != 1 or raw.shape != angle.shape:
            raise ConfigError(f"{self.joint}: {raw.size} raw values but {angle.size} angles")
        if not MIN_POINTS <= len(raw) <= MAX_POINTS:
            raise ConfigError(f"{self.joint}: {len(raw)} points; {MIN_POINTS} to {MAX_POINTS} are allowed")
        if not (np.isfinite(raw).all() and np.isfinite(angle).all()):
            raise ConfigError(f"{self.joint}: a value is not finite")
        if raw.min() < 0.0 or raw.max() > RAW_MAX:
            raise ConfigError(f"{self.joint}: raw values must be within 0 … {RAW_MAX:g}, are {raw.tolist()}")
        order = np.argsort(raw, kind="stable")
        raw, angle = raw[order], angle[order]
        if (np.diff(raw) <= 0.0).any():
            raise ConfigError(f"{self.joint}: a raw value appears twice in {raw.tolist()}")
        steps = np.diff(angle)
        if not ((steps > 0.0).all() or (steps < 0.0).all()):
            raise ConfigError(f"{self.joint}: angles must rise or fall strictly with the raw value")
        object.__setattr__(self, "raw", raw)
        object.__setattr__(self, "angle", angle)

    @classmethod
    def of(cls, joint: str, points: CalibrationPoints) -> HallTable:
        """The table of the points in a hand's file."""
        return cls(joint, np.array(points.raw), np.array(points.angle))

    def hats(self, raw: np.ndarray) -> np.ndarray:
        """Weights (N, n) of the points at raw values (N,): angles are `hats @ angle`; the end segments go on."""
        segment = np.clip(np.searchsorted(self.raw, raw, side="right") - 1, 0, len(self.raw) - 2)
        share = (raw - self.raw[segment]) / (self.raw[segment + 1] - self.raw[segment])
        weights = np.zeros((len(raw), len(self.raw)))
        rows = np.arange(len(raw))
        weights[rows, segment], weights[rows, segment + 1] = 1.0 - share, share
        return weights

    def angles(self, raw: np.ndarray) -> np.ndarray:
        """Angles (N,) [rad] at raw values (N,)."""
        return self.hats(raw) @ self.angle


def described_tables() -> tuple[HallTable, ...]:
    """The tables of inhand_description, order of JOINTS."""
    return tuple(HallTable(row.joint, np.array(row.raw), np.array(row.angle)) for row in CALIBRATION)


def joint_angles(tables: Iterable[HallTable], raw: np.ndarray) -> np.ndarray:
    """Angles (N, 24) [rad] of raw values (N, 24), one column a joint."""
    return np.stack([table.angles(raw[:, j]) for j, table in enumerate(tables)], axis=-1)


def joint_raw(hall: np.ndarray) -> np.ndarray:
    """Raw values (N, 24), one a joint, of the channels' (N, 26): those of a joint with two sensors are averaged."""
    joints = hall_channel_joints()
    columns = [hall[:, joints == index].mean(axis=1) for index in range(len(JOINT_NAMES))]
    return np.stack(columns, axis=1)
