"""Reads config/hand.yaml and config/controller.yaml, the parameter files that the real-time node reads as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from inhand_control import _core

HAND_KEYS = (
    "joint_names",
    "actuator_names",
    "hall_channel_names",
    "hall_channel_joint",
    "actuator_joint_1",
    "actuator_joint_2",
    "range_lower",
    "range_upper",
    "kp",
    "kd",
    "torque_limit",
    "hall_min",
    "hall_max",
    "calibration",
)
CONTROL_KEYS = (
    "period_s",
    "action_timeout_s",
    "sensors_timeout_s",
    "soft_start_s",
    "velocity_filter_s",
    "torque_slew",
    "relative_to",
    "hold",
)


def read_parameters(path: str | Path) -> dict[str, Any]:
    """Return the parameters under `/**: ros__parameters:` of a ROS parameter file.

    Raises:
        ValueError: the file has another form.
    """
    content = yaml.safe_load(Path(path).read_text())
    try:
        return content["/**"]["ros__parameters"]
    except (TypeError, KeyError):
        raise ValueError(f"{path}: expected a parameter file that begins with '/**: ros__parameters:'") from None


def load_hand_tables(path: str | Path) -> _core.HandModel:
    """Read the hand's tables from a parameter file; see hand_model."""
    return hand_model(_section(path, "hand"))


def load_controller_config(path: str | Path) -> _core.ControllerConfig:
    """Read the controller's parameters from a parameter file; see controller_config."""
    return controller_config(_section(path, "control"))


def hand_model(tables: Mapping[str, Any]) -> _core.HandModel:
    """Build the hand from its tables: keys HAND_KEYS, angles in rad, torques in N m, raw values in ADC counts.

    Raises:
        ValueError: a key is missing or unknown, or an entry is wrong; the message names it.
    """
    _check_keys("hand", tables, HAND_KEYS)
    joints = tables["joint_names"]
    calibration = tables["calibration"]
    _check_keys("hand.calibration", calibration, joints)
    for joint in joints:
        _check_keys(f"hand.calibration.{joint}", calibration[joint], ("raw", "angle"))
    points = [_core.CalibrationPoints(**calibration[joint]) for joint in joints]
    return _core.HandModel(**{**tables, "calibration": points})


def controller_config(parameters: Mapping[str, Any]) -> _core.ControllerConfig:
    """Build the controller's parameters: keys CONTROL_KEYS, times in s.

    Raises:
        ValueError: a key is missing or unknown, or a value is not allowed; the message names it.
    """
    _check_keys("control", parameters, CONTROL_KEYS)
    times = ("period", "action_timeout", "sensors_timeout", "soft_start")
    return _core.ControllerConfig(
        **{f"{name}_ns": round(parameters[f"{name}_s"] * 1e9) for name in times},
        velocity_filter_s=parameters["velocity_filter_s"],
        torque_slew=parameters["torque_slew"],
        relative_to=parameters["relative_to"],
        hold=parameters["hold"],
    )


def _section(path: str | Path, name: str) -> dict[str, Any]:
    parameters = read_parameters(path)
    if name not in parameters:
        raise ValueError(f"{path}: no section '{name}'; found {sorted(parameters)}")
    return parameters[name]


def _check_keys(what: str, mapping: Mapping[str, Any], known: tuple[str, ...] | list[str]) -> None:
    if unknown := sorted(set(mapping) - set(known)):
        raise ValueError(f"{what}: unknown {unknown}; known {list(known)}")
    if missing := [key for key in known if key not in mapping]:
        raise ValueError(f"{what}: missing {missing}")
