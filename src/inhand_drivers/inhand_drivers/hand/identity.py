"""Whether the hand on the wire is the one that the tables were made for; asked in SAFE_OP, before any torque."""

from __future__ import annotations

import numpy as np

from inhand_drivers.hand.config import SlaveConfig
from inhand_drivers.hand.sii import HandRecord, Identity
from inhand_drivers.hand.tables import DeviceTables


def identity_problems(
    found: Identity, record: HandRecord | None, expected: SlaveConfig, tables: DeviceTables
) -> list[str]:
    """What does not match between a slave's EEPROM and the configuration; empty where all does.

    Args:
        found: the slave's identity.
        record: what its EEPROM says of joint map and calibration; None where it says nothing.
        expected: the slave that the configuration names, and the digest of its calibration where a person gives it.
        tables: the joint map and calibration in use.
    """
    problems = [
        f"{name} of the slave is {_hex(getattr(found, name))}, slave.{name} says {_hex(getattr(expected, name))}"
        for name in ("vendor_id", "product_code", "serial")
        if getattr(expected, name) not in (0, getattr(found, name))
    ]
    calibrated = expected.calibration_digest or (record.calibration if record else "")
    if not calibrated:
        problems.append(
            f"the slave does not say what it was calibrated with: if {tables.path} is this hand's calibration, set "
            f'slave.calibration_digest to "{tables.digest}"'
        )
    elif calibrated != tables.digest:
        source = "slave.calibration_digest" if expected.calibration_digest else "the slave's EEPROM"
        problems.append(f"calibration {tables.path} has digest {tables.digest}, {source} says {calibrated}")
    if record is not None:
        problems += _different("sensor channel", record.sensors, tables.sensors)
        problems += _different("motor", record.motors, tables.motors)
    return problems


def reading_problems(hall: np.ndarray, tables: DeviceTables, margin: float) -> list[str]:
    """Joints that the calibration puts where they cannot be.

    Args:
        hall: raw readings (26,) [counts].
        margin: how far beyond the ends of its table an angle may be [rad].
    """
    angles = tables.hall_angles(hall)
    low = np.array([table.angle.min() for table in tables.hall]) - margin
    high = np.array([table.angle.max() for table in tables.hall]) + margin
    return [
        f"{tables.sensors[i]} reads {hall[i]:g} counts, by {tables.path.name} {angles[i]:.2f} rad, "
        f"outside [{low[i]:.2f}, {high[i]:.2f}]"
        for i in np.flatnonzero((angles < low) | (angles > high))
    ]


def _different(kind: str, found: tuple[str, ...], expected: tuple[str, ...]) -> list[str]:
    if len(found) != len(expected):
        return [f"the slave has {len(found)} {kind}s, the joint map {len(expected)}"]
    wrong = [i for i, (a, b) in enumerate(zip(found, expected)) if a != b]
    return [f"{kind} {i} of the slave is {found[i]}, the joint map says {expected[i]}" for i in wrong[:3]]


def _hex(number: int) -> str:
    return f"{number:#x}"
