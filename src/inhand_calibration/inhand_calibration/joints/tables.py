"""Hall tables of the 24 joints: angle over raw counts, piecewise linear; files of the factory and of the controller.

Factory files are read by `factory`; their joints are named with or without the prefix "rh_".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inhand_calibration.joints.factory import factory_points
from inhand_core.config import ConfigError, read_yaml
from inhand_description import CALIBRATION, JOINT_NAMES, RAW_MAX
from inhand_description.hand_yaml import hand_yaml

MIN_POINTS, MAX_POINTS = 3, 9
"""Truth points that a table may have, in the controller too (paper, appendix B: 3 to 5; Shadow's files: up to 9)."""
_PREFIX = "rh_"


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


def load_tables(path: str | Path, notes: list[str] | None = None) -> tuple[HallTable, ...]:
    """Reads a factory file, or the section hand.calibration of the controller's parameter file; order of JOINTS.

    Args:
        path: the file.
        notes: what had to be changed in a factory's tables is added here, in words.

    Raises:
        ConfigError: missing or unknown joints, or a malformed table; the message names file and joint.
    """
    content = read_yaml(path)
    try:
        if set(content) == {"hand"} and isinstance(content["hand"], Mapping):
            entries = _controller_entries(content["hand"].get("calibration"))
        else:
            entries = _factory_entries(content, [] if notes is None else notes)
        return _ordered(entries)
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


def _pairs(name: str, pairs: Any) -> np.ndarray:
    try:
        values = np.array(pairs, np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ConfigError(f"{name}: expected a list of [raw, degrees] pairs, found {pairs!r:.60}")
    return values


def _controller_entries(section: Any) -> dict[str, HallTable]:
    if not isinstance(section, Mapping):
        raise ConfigError(f"hand.calibration: expected a mapping of joints, found {type(section).__name__}")
    entries = {}
    for joint, table in section.items():
        if not isinstance(table, Mapping) or set(table) != {"raw", "angle"}:
            raise ConfigError(f"{joint}: expected ['angle', 'raw'], found {table!r}")
        values = _pairs(joint, list(zip(*(_list(joint, table[key]) for key in ("raw", "angle")), strict=False)))
        if len(table["raw"]) != len(table["angle"]):
            raise ConfigError(f"{joint}: {len(table['raw'])} raw values but {len(table['angle'])} angles")
        entries[joint] = HallTable(joint, values[:, 0], values[:, 1])
    return entries


def _list(joint: str, value: Any) -> list:
    if not isinstance(value, list):
        raise ConfigError(f"{joint}: expected a list, found {value!r}")
    return value


def _ordered(entries: Mapping[str, HallTable]) -> tuple[HallTable, ...]:
    if unknown := sorted(set(entries) - set(JOINT_NAMES)):
        raise ConfigError(f"unknown joints {unknown}; known {list(JOINT_NAMES)}")
    if missing := [name for name in JOINT_NAMES if name not in entries]:
        raise ConfigError(f"missing joints {missing}")
    return tuple(entries[name] for name in JOINT_NAMES)
