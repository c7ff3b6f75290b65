"""What calibration of the model found for one hand: single values that replace those of the tables (paper, C.3).

A YAML file with up to three sections, every entry and every value optional:

    joints:
      rh_FFJ3: {damping: 0.06, friction_loss: 0.01, stiffness: 0.02, equilibrium: 0.4, margin: 0.01, upper: 1.5}
    actuators:
      rh_FFJ3: {kp: 1.1, force: 0.8, log_delta_negative: 2.9, log_delta_positive: 3.1}
    markers:
      "0": [0.0005, 0.0085, 0.0175]
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_description.actuators import ACTUATOR_INDEX, ACTUATOR_NAMES, ACTUATORS
from inhand_description.joints import JOINT_INDEX, JOINT_NAMES, JOINTS
from inhand_description.markers import MARKERS


@dataclass(frozen=True)
class JointCalibration:
    """Passive dynamics of one joint; None keeps the table's value, or MuJoCo's where the tables have none (0).

    Attributes:
        damping: viscous damping [N m s/rad]; friction_loss: dry friction [N m].
        stiffness: of a spring [N m/rad] towards the angle `equilibrium` [rad].
        margin: distance from a stop at which it begins to push [rad].
        lower, upper: the stops [rad].
    """

    damping: float | None = None
    equilibrium: float | None = None
    friction_loss: float | None = None
    stiffness: float | None = None
    margin: float | None = None
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        _check(self, ("damping", "friction_loss", "stiffness", "margin"))


@dataclass(frozen=True)
class ActuatorCalibration:
    """One motor; None keeps the table's value.

    Attributes:
        kp: position gain [N m/rad]; with torques as commands, kp / the table's kp scales them.
        force: largest torque in either direction [N m].
        log_delta_negative, log_delta_positive: backlash in each direction, the logarithm of how fast a full action
            takes up the slack [ln(1/s)] (paper C.2). Not part of the model: the link on hand/action applies it.
    """

    kp: float | None = None
    force: float | None = None
    log_delta_negative: float | None = None
    log_delta_positive: float | None = None

    def __post_init__(self) -> None:
        _check(self, ("kp", "force"))
        for name in ("kp", "force"):
            if getattr(self, name) == 0.0:
                raise ValueError(f"{name} must be > 0")


@dataclass(frozen=True)
class ModelCalibration:
    """Overrides by joint, by motor and by marker id (its place in its body's frame [m])."""

    joints: dict[str, JointCalibration] = field(default_factory=dict)
    actuators: dict[str, ActuatorCalibration] = field(default_factory=dict)
    markers: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _known("joints", self.joints, JOINT_NAMES)
        _known("actuators", self.actuators, ACTUATOR_NAMES)
        _known("markers", self.markers, [str(row.id) for row in MARKERS if row.body != "object"])
        for name, entry in self.joints.items():
            row = JOINTS[JOINT_INDEX[name]]
            low = row.lower if entry.lower is None else entry.lower
            high = row.upper if entry.upper is None else entry.upper
            if not low < high:
                raise ValueError(f"joints.{name}: lower {low:g} must be below upper {high:g} rad")

    def log_delta(self, default: float | np.ndarray) -> np.ndarray:
        """Backlash (20, 2) [ln(1/s)] for negative and positive actions; `default`, of one or all, where nothing was
        found."""
        found = np.array(np.broadcast_to(default, (len(ACTUATORS), 2)), float)
        for name, entry in self.actuators.items():
            for side, value in enumerate((entry.log_delta_negative, entry.log_delta_positive)):
                if value is not None:
                    found[ACTUATOR_INDEX[name], side] = value
        return found


def load_calibration(path: str | Path) -> ModelCalibration:
    """Reads a calibration file.

    Raises:
        ConfigError: it is missing or malformed; the message names the culprit and the choices.
    """
    path = Path(path).expanduser()
    raw = read_yaml(path)
    if isinstance(raw.get("markers"), dict):
        raw["markers"] = {str(key): value for key, value in raw["markers"].items()}
    return load_config(ModelCalibration, raw, path.name)


def to_sections(calibration: ModelCalibration) -> dict[str, Any]:
    """The mapping that a calibration file holds; values that are None are left out."""
    sections: dict[str, Any] = {}
    for name in ("joints", "actuators"):
        entries = {key: _given(entry) for key, entry in getattr(calibration, name).items()}
        sections[name] = {key: values for key, values in entries.items() if values}
    sections["markers"] = {key: list(place) for key, place in calibration.markers.items()}
    return {name: section for name, section in sections.items() if section}


def apply_calibration(
    spec: mujoco.MjSpec, calibration: ModelCalibration, actuation: str, held: Iterable[str] = ()
) -> None:
    """Writes the values into a model.

    Args:
        spec: the hand, built from the tables.
        calibration: what replaces them.
        actuation: "servo" or "torque", see `ModelConfig`.
        held: joints that keep their limits.
    """
    for name, entry in calibration.joints.items():
        _apply_joint(spec.joint(name), entry, name in set(held))
    for name, entry in calibration.actuators.items():
        _apply_actuator(spec.actuator(name), entry, actuation)
    for marker, place in calibration.markers.items():
        spec.site(f"marker_{marker}").pos = place


def _apply_joint(joint: mujoco.MjsJoint, entry: JointCalibration, held: bool) -> None:
    if entry.damping is not None:
        joint.damping = np.array([entry.damping, 0.0, 0.0])
    if entry.stiffness is not None:
        joint.stiffness = np.array([entry.stiffness, 0.0, 0.0])
    for attribute, value in (
        ("springref", entry.equilibrium),
        ("frictionloss", entry.friction_loss),
        ("margin", entry.margin),
    ):
        if value is not None:
            setattr(joint, attribute, value)
    if not held:
        low, high = joint.range
        joint.range = [low if entry.lower is None else entry.lower, high if entry.upper is None else entry.upper]


def _apply_actuator(actuator: mujoco.MjsActuator, entry: ActuatorCalibration, actuation: str) -> None:
    row = ACTUATORS[ACTUATOR_INDEX[actuator.name]]
    if entry.force is not None:
        actuator.forcerange = [-entry.force, entry.force]
    if entry.kp is None:
        return
    if actuation == "servo":
        actuator.gainprm[0], actuator.biasprm[1] = entry.kp, -entry.kp
    else:
        actuator.gainprm[0] = entry.kp / row.kp


def _given(entry: JointCalibration | ActuatorCalibration) -> dict[str, float]:
    values = {f.name: getattr(entry, f.name) for f in fields(entry)}
    return {name: value for name, value in values.items() if value is not None}


def _check(entry: JointCalibration | ActuatorCalibration, not_negative: tuple[str, ...]) -> None:
    for name, value in _given(entry).items():
        if not math.isfinite(value) or (name in not_negative and value < 0.0):
            raise ValueError(f"{name} must be finite{' and >= 0' if name in not_negative else ''}, is {value}")


def _known(section: str, given: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ConfigError(f"{section}: unknown {unknown}; known {list(known)}")
