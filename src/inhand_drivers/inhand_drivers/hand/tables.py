"""What config/hand.yaml, or a calibrated file in its place, says of sensors and motors."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError, read_yaml
from inhand_core.paths import config_file
from inhand_drivers.hand.layout import AUXILIARY, N_HALL, N_MOTORS


@dataclass(frozen=True)
class HandTables:
    """Joint map and calibration of one hand.

    Attributes:
        path: the file they come from.
        sensors: names of the 36 channels in the order of the status frame.
        motors: names of the 20 motors in the order of the frames.
        torque_limit: (20,) [N m], what the controller may ask for.
        raw, angle: for each of the 26 Hall channels the points of its table, rising raw [counts] and angle [rad].
        digest: eight hexadecimal digits that change with joint map or calibration.
    """

    path: Path
    sensors: tuple[str, ...]
    motors: tuple[str, ...]
    torque_limit: np.ndarray
    raw: tuple[np.ndarray, ...]
    angle: tuple[np.ndarray, ...]
    digest: str

    def hall_angles(self, hall: np.ndarray) -> np.ndarray:
        """Angle (26,) [rad] that each raw reading (26,) [counts] means; the end segments go on beyond the tables."""
        return np.array([_interpolate(x, raw, angle) for x, raw, angle in zip(hall, self.raw, self.angle)])


def read_tables(path: str = "") -> HandTables:
    """Reads the tables of a hand.

    Args:
        path: the file; empty: config/hand.yaml.

    Raises:
        ConfigError: a table is missing, or has the wrong number of names or points.
    """
    file = Path(path) if path else config_file("hand")
    try:
        hand = read_yaml(file)["hand"]
        channels, joints = tuple(hand["hall_channel_names"]), hand["hall_channel_joint"]
        motors, limit = tuple(hand["actuator_names"]), np.array(hand["torque_limit"], float)
        points = [_points(hand["calibration"][joint]) for joint in joints]
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{file}: not the tables of a hand: {error!r}") from error
    if len(channels) != N_HALL or len(points) != N_HALL or len(motors) != N_MOTORS or limit.shape != (N_MOTORS,):
        raise ConfigError(
            f"{file}: expected {N_HALL} Hall channels and {N_MOTORS} actuators; "
            f"found {len(channels)} and {len(motors)}, {limit.size} torque limits"
        )
    canonical = [channels, joints, motors, [[list(raw), list(angle)] for raw, angle in points]]
    digest = f"{zlib.crc32(json.dumps(canonical).encode()):08x}"
    raw, angle = zip(*points)
    return HandTables(file, channels + AUXILIARY, motors, limit, raw, angle, digest)


def _points(table: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    raw, angle = np.array(table["raw"], float), np.array(table["angle"], float)
    if raw.shape != angle.shape or raw.ndim != 1 or len(raw) < 2:
        raise ValueError("a table needs as many angles as raw values, and two at least")
    order = np.argsort(raw)
    return raw[order], angle[order]


def _interpolate(x: float, raw: np.ndarray, angle: np.ndarray) -> float:
    i = int(np.clip(np.searchsorted(raw, x) - 1, 0, len(raw) - 2))
    return float(angle[i] + (x - raw[i]) * (angle[i + 1] - angle[i]) / (raw[i + 1] - raw[i]))
