"""Hall tables as the factory delivers them, made into tables that the controller takes.

A file is YAML with `sr_calibrations`, per joint a list of [raw counts, degrees] pairs in any order, and perhaps
`sr_calibrations_coupled`, per pair of joints a list of [[raw of the first, raw of the second], degrees of the first,
degrees of the second]: the thumb's two last sensors see each other's magnet. A plain mapping of joints will do, too.

The controller takes one table of 3 to 9 strictly monotone points a joint. What a file has beyond that is brought to it,
and each change is told: pairs that repeat each other, flat spots, two points or more than nine, coupled tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_description import RAW_MAX

SINGLE, COUPLED = "sr_calibrations", "sr_calibrations_coupled"
MOST_PAIRS = 100
"""A table of more pairs than this is no factory's."""
AGREE_DEG = 0.5
"""Angles of one raw value that differ by no more than this are the same measurement."""
LEAST_STEP_DEG = 0.01
"""What a flat spot rises by from one point to the next, so that it has a direction."""
KNOTS = 5
"""Points of the table that stands for one joint of a coupled pair."""
_MIN, _MAX = 3, 9


def factory_points(content: Mapping[str, Any], notes: list[str]) -> dict[str, np.ndarray]:
    """Points (n, 2) of raw counts and degrees by joint, as named in the file.

    Args:
        content: of the file.
        notes: what was changed is added here, in words.

    Raises:
        ConfigError: naming the joint, or the section, and what is wrong.
    """
    coupled: Any = ()
    if SINGLE in content or COUPLED in content:
        if unknown := sorted(set(content) - {SINGLE, COUPLED}, key=str):
            raise ConfigError(f"unknown sections {unknown}; known {[SINGLE, COUPLED]}")
        listed, coupled = content.get(SINGLE) or [], content.get(COUPLED) or []
        for section, rows in ((SINGLE, listed), (COUPLED, coupled)):
            if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 2 for row in rows):
                what = "[joint, pairs]" if section == SINGLE else "[[joint, joint], points]"
                raise ConfigError(f"{section}: expected a list of {what}")
    else:
        listed = [[name, pairs] for name, pairs in content.items()]
    found: dict[str, np.ndarray] = {}
    for name, pairs in listed:
        _add(found, str(name), single(str(name), pairs, notes))
    for names, points in coupled:
        for name, table in coupled_tables(names, points, notes).items():
            _add(found, name, table)
    return found


def single(name: str, pairs: Any, notes: list[str]) -> np.ndarray:
    """A joint's points, rising in raw counts, strictly monotone in degrees, 3 to 9 of them."""
    values: np.ndarray
    try:
        values = np.array(pairs, np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.ndim != 2 or values.shape[-1] != 2 or not 2 <= len(values) <= MOST_PAIRS:
        raise ConfigError(f"{name}: expected a list of 2 to {MOST_PAIRS} [raw, degrees] pairs, found {pairs!r:.60}")
    if not np.isfinite(values).all():
        raise ConfigError(f"{name}: a value is not finite")
    _check_raw(name, values[:, 0])
    points = _risen(name, _merged(name, values, notes), notes)
    if len(points) < 2:
        raise ConfigError(f"{name}: all pairs have the raw value {points[0, 0]:g}")
    if len(points) < _MIN:
        notes.append(f"{name}: two points; the middle between them is added")
        points = np.insert(points, 1, points.mean(axis=0), axis=0)
    return _thinned(name, points, notes)


def coupled_tables(names: Any, points: Any, notes: list[str]) -> dict[str, np.ndarray]:
    """A table for each joint of a coupled pair, by least squares over the pair's points.

    What the other joint's magnet adds is lost: the largest difference is told.
    """
    where = f"{COUPLED}: {names!r:.60}"
    if not (isinstance(names, list) and len(names) == 2 and all(isinstance(name, str) for name in names)):
        raise ConfigError(f"{where}: expected two joints")
    where = f"{COUPLED}: {' and '.join(names)}"
    try:
        rows = np.array([[*raw, first, second] for raw, first, second in points], np.float64)
    except (TypeError, ValueError):
        rows = np.zeros((0, 0))
    if rows.ndim != 2 or rows.shape[1:] != (4,) or not 4 <= len(rows) <= MOST_PAIRS:
        raise ConfigError(f"{where}: expected 4 to {MOST_PAIRS} [[raw, raw], degrees, degrees]")
    if not np.isfinite(rows).all():
        raise ConfigError(f"{where}: a value is not finite")
    _check_raw(where, rows[:, :2].ravel())
    found = {}
    for at, name in enumerate(names):
        raw, degrees = rows[:, at], rows[:, 2 + at]
        knots = np.unique(np.quantile(raw, np.linspace(0.0, 1.0, min(KNOTS, max(_MIN, len(np.unique(raw)))))))
        if len(knots) < 2:
            raise ConfigError(f"{where}: the raw values of {name} are all the same")
        hats = np.stack([np.interp(raw, knots, row) for row in np.eye(len(knots))], axis=-1)
        fitted = np.linalg.lstsq(hats, degrees, rcond=None)[0]
        worst = float(np.abs(hats @ fitted - degrees).max())
        text = f"{name}: one table in place of {len(rows)} points that are coupled with the other joint; off by up to"
        notes.append(f"{text} {worst:.1f} degrees: `inhand calibrate joints` refines it")
        found[name] = single(name, np.stack([knots, fitted], axis=-1), notes)
    return found


def _add(found: dict[str, np.ndarray], name: str, points: np.ndarray) -> None:
    if name in found:
        raise ConfigError(f"{name}: appears twice")
    found[name] = points


def _check_raw(name: str, raw: np.ndarray) -> None:
    if bad := sorted({value for value in raw.tolist() if not 0.0 <= value <= RAW_MAX}):
        raise ConfigError(f"{name}: raw values must be within 0 … {RAW_MAX:g}, found {bad[:4]}")


def _merged(name: str, values: np.ndarray, notes: list[str]) -> np.ndarray:
    """Points by rising raw value; pairs of one raw value that agree are one."""
    order = np.argsort(values[:, 0], kind="stable")
    values = values[order]
    raws, first, counts = np.unique(values[:, 0], return_index=True, return_counts=True)
    merged = []
    for raw, begin, count in zip(raws, first, counts, strict=True):
        angles = values[begin : begin + count, 1]
        if np.ptp(angles) > AGREE_DEG:
            raise ConfigError(f"{name}: raw value {raw:g} has several angles: {sorted(set(angles.tolist()))}")
        merged.append((raw, angles.mean()))
    if len(merged) < len(values):
        notes.append(f"{name}: {len(values) - len(merged)} pairs repeat the raw value of another, and agree")
    return np.array(merged)


def _risen(name: str, points: np.ndarray, notes: list[str]) -> np.ndarray:
    """The same with flat spots made to rise, or fall, as the rest does."""
    steps = np.diff(points[:, 1])
    direction = 1.0 if points[-1, 1] >= points[0, 1] else -1.0
    if (wrong := np.flatnonzero(direction * steps < 0.0)).size:
        at = int(wrong[0])
        (raw, angle), (after, then) = points[at], points[at + 1]
        way = "rise" if direction > 0 else "fall"
        raise ConfigError(
            f"{name}: angles {way} with the raw value, but not from {raw:g} ({angle:g} degrees) to {after:g} ({then:g})"
        )
    flat = np.abs(steps) < LEAST_STEP_DEG
    if len(steps) and flat.all():
        raise ConfigError(f"{name}: all angles are {points[0, 1]:g} degrees")
    if flat.any():
        notes.append(f"{name}: {int(flat.sum())} flat spots are given a slope of {LEAST_STEP_DEG:g} degrees a point")
        lifted = np.where(flat, direction * LEAST_STEP_DEG, steps)
        points = np.stack([points[:, 0], points[0, 1] + np.concatenate([[0.0], np.cumsum(lifted)])], axis=-1)
    return points


def _thinned(name: str, points: np.ndarray, notes: list[str]) -> np.ndarray:
    """At most nine points: those are left out that the others' straight lines come nearest to."""
    kept = points
    while len(kept) > _MAX:
        bent = [
            abs(np.interp(kept[i, 0], kept[[i - 1, i + 1], 0], kept[[i - 1, i + 1], 1]) - kept[i, 1])
            for i in range(1, len(kept) - 1)
        ]
        kept = np.delete(kept, 1 + int(np.argmin(bent)), axis=0)
    if len(kept) < len(points):
        worst = float(np.abs(np.interp(points[:, 0], kept[:, 0], kept[:, 1]) - points[:, 1]).max())
        notes.append(f"{name}: {len(points)} points thinned to {_MAX}, off by up to {worst:.2f} degrees")
    return kept
