"""Reads config/hand.yaml and config/controller.yaml, the parameter files that the real-time node reads as well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inhand_control import _core
from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.hand_file import HandTables, check_joints, read_hand_file
from inhand_core.times import nanoseconds


@dataclass(frozen=True)
class ControlParameters:
    """Parameters of the control law and its safety: section `control` of config/controller.yaml, explained there."""

    period_s: float
    action_timeout_s: float
    sensors_timeout_s: float
    soft_start_s: float
    velocity_filter_s: float
    torque_slew: float
    hall_margin: float
    hall_disagreement: float
    max_joint_speed: float
    stuck_torque: float
    stuck_s: float
    settle_s: float
    relative_to: str
    hold: str
    limits: str


@dataclass(frozen=True)
class RtParameters:
    """How the real-time node's loop runs: section `rt` of config/controller.yaml. Nothing in-process uses it."""

    priority: int
    io_priority: int
    cpu: int
    lock_memory: bool


@dataclass(frozen=True)
class ControllerParameters:
    """The whole of config/controller.yaml; all but `control` and `auto_enable` concern the node alone."""

    control: ControlParameters
    rt: RtParameters
    auto_enable: bool
    lockstep: bool
    action_period_s: float
    silence_s: float
    status_period_s: float
    diagnostics_period_s: float
    claim: str
    state_folder: str


def load_hand_tables(path: str | Path) -> _core.HandModel:
    """Read the section `hand` of a parameter file.

    Raises:
        ConfigError: a key is missing or unknown, or an entry is wrong; the message names it.
    """
    return hand_model(read_hand_file(path))


def load_controller_config(path: str | Path) -> _core.ControllerConfig:
    """Read the section `control` of a parameter file.

    Raises:
        ConfigError: a key is missing or unknown, or a value is not allowed; the message names it.
    """
    parameters = load_config(ControllerParameters, read_yaml(path), Path(path).name)
    return controller_config(parameters.control)


def hand_model(tables: HandTables) -> _core.HandModel:
    """Resolve and check the hand's tables.

    Raises:
        ConfigError: an entry is wrong; the message names it.
    """
    check_joints(tables)
    points = [tables.calibration[joint] for joint in tables.joint_names]
    fields = {name: getattr(tables, name) for name in HandTables.__dataclass_fields__}
    try:
        return _core.HandModel(
            **{**fields, "calibration": [_core.CalibrationPoints(raw=p.raw, angle=p.angle) for p in points]}
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def controller_config(parameters: ControlParameters) -> _core.ControllerConfig:
    """Check the controller's parameters; times become integer nanoseconds.

    Raises:
        ConfigError: a value is not allowed; the message names it.
    """
    times = ("period", "action_timeout", "sensors_timeout", "soft_start", "stuck", "settle")
    try:
        return _core.ControllerConfig(
            **{f"{name}_ns": nanoseconds(getattr(parameters, f"{name}_s")) for name in times},
            velocity_filter_s=parameters.velocity_filter_s,
            torque_slew=parameters.torque_slew,
            hall_margin=parameters.hall_margin,
            hall_disagreement=parameters.hall_disagreement,
            max_joint_speed=parameters.max_joint_speed,
            stuck_torque=parameters.stuck_torque,
            relative_to=parameters.relative_to,
            hold=parameters.hold,
            limits=parameters.limits,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error
