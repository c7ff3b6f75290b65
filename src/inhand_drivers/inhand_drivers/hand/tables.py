"""What config/hand.yaml, or a calibrated file in its place, says of sensors and motors."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.hand_file import check_joints, read_hand_file
from inhand_core.paths import config_file
from inhand_description.hall import HallTable
from inhand_drivers.hand.layout import AUXILIARY, N_HALL, N_MOTORS


@dataclass(frozen=True)
class DeviceTables:
    """Joint map and calibration of one hand.

    Attributes:
        path: the file they come from.
        sensors: names of the 36 channels in the order of the status frame.
        motors: names of the 20 motors in the order of the frames.
        torque_limit: (20,) [N m], what the controller may ask for.
        hall: the table of each of the 26 Hall channels.
        digest: eight hexadecimal digits that change with joint map or calibration.
    """

    path: Path
    sensors: tuple[str, ...]
    motors: tuple[str, ...]
    torque_limit: np.ndarray
    hall: tuple[HallTable, ...]
    digest: str

    def hall_angles(self, hall: np.ndarray) -> np.ndarray:
        """Angle (26,) [rad] that each raw reading (26,) [counts] means; the end segments go on beyond the tables."""
        return np.concatenate([table.angles(np.array([raw])) for table, raw in zip(self.hall, hall, strict=True)])


def read_tables(path: str = "") -> DeviceTables:
    """Reads the tables of a hand.

    Args:
        path: the file; empty: config/hand.yaml.

    Raises:
        ConfigError: a table is missing, or has the wrong number of names or points.
    """
    file = Path(path) if path else config_file("hand")
    hand = read_hand_file(file)
    try:
        check_joints(hand)
        hall = tuple(HallTable.of(joint, hand.calibration[joint]) for joint in hand.hall_channel_joint)
    except KeyError as error:
        raise ConfigError(f"{file}: hand.hall_channel_joint: {error} has no table") from error
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error
    channels, motors = hand.hall_channel_names, hand.actuator_names
    limit = np.array(hand.torque_limit)
    if len(channels) != N_HALL or len(hall) != N_HALL or len(motors) != N_MOTORS or limit.shape != (N_MOTORS,):
        raise ConfigError(
            f"{file}: expected {N_HALL} Hall channels and {N_MOTORS} actuators; "
            f"found {len(channels)} and {len(motors)}, {limit.size} torque limits"
        )
    curves = [[table.raw.tolist(), table.angle.tolist()] for table in hall]
    canonical = [channels, hand.hall_channel_joint, motors, curves]
    digest = f"{zlib.crc32(json.dumps(canonical).encode()):08x}"
    return DeviceTables(file, channels + AUXILIARY, motors, limit, hall, digest)
