"""Writes config/hand.yaml: what the C++ controller must know of the hand, as a ROS 2 parameter file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from inhand_description.actuators import ACTUATORS
from inhand_description.joints import JOINT_NAMES
from inhand_description.sensors import CALIBRATION, HALL_CHANNELS, RAW_MAX, hall_channel_joints

HEADER = """\
# The hand as the controller sees it. Written by `inhand description write` from the tables of inhand_description:
# edit those, not this file. Angles in rad, torques in N m, raw values in counts of the 12-bit converter.
"""
CALIBRATED_HEADER = """\
# The hand as the controller sees it, with calibrated Hall tables. Written by `inhand calibrate joints`; loaded in place
# of config/hand.yaml. Angles in rad, torques in N m, raw values in counts of the 12-bit converter.
"""


def hand_parameters() -> dict[str, Any]:
    """The parameters, nested as ROS nests them under `hand`."""
    pairs = [row.joints[1] if row.coupled else "" for row in ACTUATORS]
    return {
        "joint_names": list(JOINT_NAMES),
        "actuator_names": [row.name for row in ACTUATORS],
        "hall_channel_names": list(HALL_CHANNELS),
        "hall_channel_joint": [JOINT_NAMES[index] for index in hall_channel_joints()],
        "actuator_joint_1": [row.joints[0] for row in ACTUATORS],
        "actuator_joint_2": pairs,
        "range_lower": [float(row.lower) for row in ACTUATORS],
        "range_upper": [float(row.upper) for row in ACTUATORS],
        "target_lower": [float(row.target_lower) for row in ACTUATORS],
        "target_upper": [float(row.target_upper) for row in ACTUATORS],
        "kp": [row.kp for row in ACTUATORS],
        "kd": [row.kd for row in ACTUATORS],
        "torque_limit": [row.force for row in ACTUATORS],
        "hall_min": 0.0,
        "hall_max": RAW_MAX,
        "calibration": {row.joint: {"raw": list(row.raw), "angle": list(row.angle)} for row in CALIBRATION},
    }


def hand_yaml(calibration: Mapping[str, Any] | None = None) -> str:
    """The text of config/hand.yaml, or of such a file for a hand with Hall tables of its own.

    Args:
        calibration: raw [counts] and angle [rad] by joint, in place of the described tables.
    """
    parameters = hand_parameters()
    if calibration is not None:
        parameters["calibration"] = dict(calibration)
    content = {"/**": {"ros__parameters": {"hand": parameters}}}
    header = HEADER if calibration is None else CALIBRATED_HEADER
    return header + yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120)
