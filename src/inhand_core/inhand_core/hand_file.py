"""The file of a hand, config/hand.yaml or a calibrated one in its place: the parameter file that the controller reads.

This is the one reader in Python; the real-time node reads the same file as parameters. Whether the tables make sense is
told by what is made of them: `inhand_control.hand_model`, `inhand_description.hall.HallTable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inhand_core.config import ConfigError, load_config, read_yaml


@dataclass(frozen=True)
class CalibrationPoints:
    """Truth points of a joint's Hall sensor, 3 to 9 in any order: raw [ADC counts] and angle [rad]."""

    raw: tuple[float, ...]
    angle: tuple[float, ...]


@dataclass(frozen=True)
class HandTables:
    """The hand as the controller sees it: section `hand` of config/hand.yaml.

    24 joints, 20 actuators, 26 Hall channels. Ranges [rad] are those of the actuated coordinates (the sum for a
    coupled pair), `target_…` how far actions may move the targets within them; kp [N m/rad], kd [N m s/rad],
    torque_limit [N m]; raw values outside the converter's hall_min … hall_max are refused,
    and those on its rails, or far outside their calibration table, are not believed.
    """

    joint_names: tuple[str, ...]
    actuator_names: tuple[str, ...]
    hall_channel_names: tuple[str, ...]
    hall_channel_joint: tuple[str, ...]
    actuator_joint_1: tuple[str, ...]
    actuator_joint_2: tuple[str, ...]
    range_lower: tuple[float, ...]
    range_upper: tuple[float, ...]
    target_lower: tuple[float, ...]
    target_upper: tuple[float, ...]
    kp: tuple[float, ...]
    kd: tuple[float, ...]
    torque_limit: tuple[float, ...]
    hall_min: float
    hall_max: float
    calibration: dict[str, CalibrationPoints]


def read_hand_file(path: str | Path) -> HandTables:
    """Reads the section `hand` of a parameter file, which must be its only one.

    Raises:
        ConfigError: a key is missing or unknown, or an entry is of a wrong type; the message names file and key.
    """
    raw = read_yaml(path)
    if set(raw) != {"hand"}:
        raise ConfigError(f"{path}: expected the section ['hand'], found {sorted(raw)}")
    return load_config(HandTables, raw["hand"], f"{path}: hand")


def check_joints(tables: HandTables) -> None:
    """Raises ConfigError where the calibration lacks a joint, or has one that the hand does not."""
    if missing := [joint for joint in tables.joint_names if joint not in tables.calibration]:
        raise ConfigError(f"hand.calibration: missing {missing}")
    if unknown := sorted(set(tables.calibration) - set(tables.joint_names)):
        raise ConfigError(f"hand.calibration: unknown {unknown}; known {list(tables.joint_names)}")
