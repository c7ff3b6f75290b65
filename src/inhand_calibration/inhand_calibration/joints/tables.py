"""Hall tables of the 24 joints: angle over raw counts, piecewise linear; files of the factory and of the controller.

Factory files are read by `factory`; their joints are named with or without the prefix "rh_".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inhand_calibration.joints.factory import factory_points
from inhand_core.config import ConfigError, read_yaml
from inhand_core.hand_file import read_hand_file
from inhand_description import JOINT_NAMES
from inhand_description.hall import HallTable
from inhand_description.hand_yaml import hand_yaml

_PREFIX = "rh_"


def load_tables(path: str | Path, notes: list[str] | None = None) -> tuple[HallTable, ...]:
    """Reads a factory file, or the section hand.calibration of the controller's parameter file; order of JOINTS.

    Args:
        path: the file.
        notes: what had to be changed in a factory's tables is added here, in words.

    Raises:
        ConfigError: missing or unknown joints, or a malformed table; the message names file and joint.
    """
    content = read_yaml(path)
    points = read_hand_file(path).calibration if set(content) == {"hand"} else {}
    try:
        if points:
            return _ordered({joint: HallTable.of(joint, given) for joint, given in points.items()})
        return _ordered(_factory_entries(content, [] if notes is None else notes))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def factory_text(tables: Iterable[HallTable]) -> str:
    """A factory file: per joint its [raw, degrees] pairs, names without prefix, angles to 1e-4 degrees."""
    content = {
        table.joint.removeprefix(_PREFIX): [
            [float(raw), round(float(angle), 4)] for raw, angle in zip(table.raw, np.degrees(table.angle), strict=True)
        ]
        for table in tables
    }
    return "# Hall tables: [raw counts, degrees] pairs of each joint.\n" + yaml.safe_dump(
        content, sort_keys=False, default_flow_style=None, width=120
    )


def controller_text(tables: Iterable[HallTable]) -> str:
    """The controller's parameter file with these tables: config/hand.yaml, its calibration replaced."""
    return hand_yaml({t.joint: {"raw": t.raw.tolist(), "angle": [round(float(a), 8) for a in t.angle]} for t in tables})


def _factory_entries(content: Mapping[str, Any], notes: list[str]) -> dict[str, HallTable]:
    entries: dict[str, HallTable] = {}
    for name, points in factory_points(content, notes).items():
        joint = name if name.startswith(_PREFIX) else _PREFIX + name
        if joint in entries:
            raise ConfigError(f"{name}: appears twice")
        entries[joint] = HallTable(joint, points[:, 0], np.radians(points[:, 1]))
    return entries


def _ordered(entries: Mapping[str, HallTable]) -> tuple[HallTable, ...]:
    if unknown := sorted(set(entries) - set(JOINT_NAMES)):
        raise ConfigError(f"unknown joints {unknown}; known {list(JOINT_NAMES)}")
    if missing := [name for name in JOINT_NAMES if name not in entries]:
        raise ConfigError(f"missing joints {missing}")
    return tuple(entries[name] for name in JOINT_NAMES)
