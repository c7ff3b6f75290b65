"""A small hand for tests: Shadow's names, simple numbers that can be checked by hand."""

from __future__ import annotations

from typing import Any

import inhand_control as ic
from inhand_core import hand_file
from inhand_core.config import load_config

JOINTS = (
    ["rh_WRJ2", "rh_WRJ1"]
    + [f"rh_{finger}J{n}" for finger in ("FF", "MF", "RF") for n in (4, 3, 2, 1)]
    + [f"rh_LFJ{n}" for n in (5, 4, 3, 2, 1)]
    + [f"rh_THJ{n}" for n in (5, 4, 3, 2, 1)]
)
DOUBLED = ("rh_WRJ1", "rh_THJ5")


def _channels() -> list[tuple[str, str]]:
    rows = []
    for joint in JOINTS:
        rows += [(f"{joint}_A", joint), (f"{joint}_B", joint)] if joint in DOUBLED else [(joint, joint)]
    return rows


def _actuators() -> list[tuple[str, str, str]]:
    coupled = ("FF", "MF", "RF", "LF")
    rows = []
    for joint in JOINTS:
        finger, number = joint[3:5], joint[-1]
        if finger in coupled and number == "1":
            continue
        if finger in coupled and number == "2":
            rows.append((f"rh_{finger}J0", f"rh_{finger}J1", f"rh_{finger}J2"))
        else:
            rows.append((joint, joint, ""))
    return rows


def tables() -> dict[str, Any]:
    """Return tables as in config/hand.yaml: 1 mrad a count about count 2000, every other joint falling."""
    actuators, channels = _actuators(), _channels()
    points = [0.0, 1000.0, 2000.0, 3000.0, 4000.0]
    return {
        "joint_names": list(JOINTS),
        "actuator_names": [row[0] for row in actuators],
        "hall_channel_names": [row[0] for row in channels],
        "hall_channel_joint": [row[1] for row in channels],
        "actuator_joint_1": [row[1] for row in actuators],
        "actuator_joint_2": [row[2] for row in actuators],
        "range_lower": [-0.5 - 0.01 * i for i in range(20)],
        "range_upper": [1.0 + 0.02 * i for i in range(20)],
        "target_lower": [-0.5 - 0.01 * i if i % 3 else -0.2 for i in range(20)],  # some within their range
        "target_upper": [1.0 + 0.02 * i if i % 4 else 0.6 for i in range(20)],
        "kp": [2.0 + 0.1 * i for i in range(20)],
        "kd": [0.01 * i for i in range(20)],
        "torque_limit": [0.5 + 0.05 * i for i in range(20)],
        "hall_min": 0.0,
        "hall_max": 4095.0,
        "calibration": {
            joint: {"raw": points, "angle": [(raw - 2000.0) * (0.001 if j % 2 == 0 else -0.001) for raw in points]}
            for j, joint in enumerate(JOINTS)
        },
    }


def parameters(**changes: Any) -> dict[str, Any]:
    """Return the `control` parameters used in tests, with changes."""
    return {
        "period_s": 0.005,
        "action_timeout_s": 0.25,
        "sensors_timeout_s": 0.02,
        "soft_start_s": 0.0,
        "velocity_filter_s": 0.0,
        "torque_slew": 1e6,
        "hall_margin": 0.25,
        "hall_disagreement": 0.25,
        "max_joint_speed": 1e6,  # tests let joints leap, and stand still whatever the torque
        "stuck_torque": 2.0,
        "stuck_s": 1.0,
        "settle_s": 0.0,
        "relative_to": "joint_position",
        "hold": "measured_position",
        "limits": "targets",
        **changes,
    }


def model() -> ic.HandModel:
    """Return the test hand."""
    return ic.hand_model(load_config(hand_file.HandTables, tables()))


def config(**changes: Any) -> ic.ControllerConfig:
    """Return the test parameters, with changes."""
    return ic.controller_config(load_config(ic.ControlParameters, parameters(**changes)))


def batch(rows: int, **changes: Any) -> ic.BatchController:
    """Return a controller of the test hand for a number of rows."""
    return ic.BatchController(model(), config(**changes), rows)
