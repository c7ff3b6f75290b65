"""Reads config/hand.yaml and config/controller.yaml, the parameter files that the real-time node reads as well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inhand_control import _core
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
    raw = read_yaml(path)
    if set(raw) != {"hand"}:
        raise ConfigError(f"{path}: expected the section ['hand'], found {sorted(raw)}")
    return hand_model(load_config(HandTables, raw["hand"], f"{Path(path).name}: hand"))


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
    if missing := [joint for joint in tables.joint_names if joint not in tables.calibration]:
        raise ConfigError(f"hand.calibration: missing {missing}")
    if unknown := sorted(set(tables.calibration) - set(tables.joint_names)):
        raise ConfigError(f"hand.calibration: unknown {unknown}; known {list(tables.joint_names)}")
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
            **{f"{name}_ns": round(getattr(parameters, f"{name}_s") * 1e9) for name in times},
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
