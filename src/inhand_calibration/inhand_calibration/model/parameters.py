"""The parameters that calibration of the model may change: the paper's table (C.3) for this hand.

Per joint 7, per motor 4: 24 x 7 + 20 x 4 = 248 values. The paper counts 264, which is 24 x 11: the four values of a
motor counted at each joint it drives, and four of our motors drive two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_description import ACTUATOR_INDEX, ACTUATORS, JOINT_INDEX, JOINTS
from inhand_description.calibration import ActuatorCalibration, JointCalibration, ModelCalibration
from inhand_sim.links.actions import BacklashConfig

PAPER_COUNT = 264


@dataclass(frozen=True)
class ParameterKind:
    """How one kind of parameter is varied.

    Attributes:
        log: varied in the logarithm, and `step`, `below` and `above` are of the logarithm.
        step: first step.
        below, above: how far it may go from its first value.
        unit, source: of the value; where the first value comes from.
    """

    log: bool
    step: float
    below: float
    above: float
    unit: str
    source: str


JOINT_KINDS: dict[str, ParameterKind] = {
    "damping": ParameterKind(True, 0.3, 2.3, 2.3, "N m s/rad", "table of joints"),
    "equilibrium": ParameterKind(False, 0.3, 1.6, 1.6, "rad", "middle of the range"),
    "friction_loss": ParameterKind(False, 0.006, 0.0, 0.1, "N m", "table of joints"),
    "stiffness": ParameterKind(False, 0.02, 0.0, 0.5, "N m/rad", "none in the tables: 0"),
    "margin": ParameterKind(False, 0.02, 0.0, 0.1, "rad", "none in the tables: 0"),
    "lower": ParameterKind(False, 0.03, 0.3, 0.3, "rad", "table of joints"),
    "upper": ParameterKind(False, 0.03, 0.3, 0.3, "rad", "table of joints"),
}
ACTUATOR_KINDS: dict[str, ParameterKind] = {
    "kp": ParameterKind(True, 0.15, 1.2, 1.2, "N m/rad", "table of actuators"),
    "force": ParameterKind(True, 0.2, 2.0, 0.7, "N m", "table of actuators"),
    "log_delta_negative": ParameterKind(False, 0.5, 3.0, 1.5, "ln(1/s)", "config/randomization.yaml"),
    "log_delta_positive": ParameterKind(False, 0.5, 3.0, 1.5, "ln(1/s)", "config/randomization.yaml"),
}


@dataclass(frozen=True)
class Parameter:
    """One coordinate of the descent, in its own units (the logarithm where its kind says so).

    Attributes:
        owner: name of the joint or motor; kind: its row in JOINT_KINDS or ACTUATOR_KINDS.
        group: finger or wrist whose motion it shapes.
        start, step, lower, upper: first value, first step, bounds.
    """

    owner: str
    kind: str
    group: str
    start: float
    step: float
    lower: float
    upper: float

    @property
    def of_joint(self) -> bool:
        """Whether it belongs to a joint rather than to a motor."""
        return self.kind in JOINT_KINDS

    @property
    def described(self) -> ParameterKind:
        """Its kind."""
        return JOINT_KINDS[self.kind] if self.of_joint else ACTUATOR_KINDS[self.kind]

    def value(self, coordinate: float) -> float:
        """The parameter's value in its SI unit."""
        return float(np.exp(coordinate)) if self.described.log else float(coordinate)


def all_parameters(kinds: tuple[str, ...] = ()) -> tuple[Parameter, ...]:
    """The parameters of all joints and motors, or only those of some kinds.

    Raises:
        ConfigError: an unknown kind; the message lists them.
    """
    known = [*JOINT_KINDS, *ACTUATOR_KINDS]
    if unknown := sorted(set(kinds) - set(known)):
        raise ConfigError(f"unknown kinds of parameters {unknown}; known {known}")
    chosen = set(kinds or known)
    found = [_joint(row.name, kind) for row in JOINTS for kind in JOINT_KINDS if kind in chosen]
    for row in ACTUATORS:
        found += [_actuator(row.name, kind) for kind in ACTUATOR_KINDS if kind in chosen]
    return tuple(found)


def described_backlash() -> BacklashConfig:
    """Backlash before calibration: that of config/randomization.yaml, but the same for ever and however slow."""
    raw = read_yaml(config_file("randomization"))["backlash"]
    described = load_config(BacklashConfig, {**raw, "calibration": ""}, "randomization.yaml:backlash")
    spread, floor = replace(described.spread, std=0.0), replace(described.min_delta, value=1e-9)
    return replace(described, spread=spread, min_delta=floor)


def starts(parameters: tuple[Parameter, ...]) -> np.ndarray:
    """First values (P,) of the coordinates."""
    return np.array([p.start for p in parameters])


def counts(parameters: tuple[Parameter, ...]) -> dict[str, int]:
    """Number of parameters of each kind, in all, and as the paper counts them."""
    joints = {row.name: len(row.joints) for row in ACTUATORS}
    found: dict[str, int] = {}
    for parameter in parameters:
        found[parameter.kind] = found.get(parameter.kind, 0) + 1
    found["all"] = len(parameters)
    found["as the paper counts"] = sum(1 if p.of_joint else joints[p.owner] for p in parameters)
    return found


def to_calibration(
    parameters: tuple[Parameter, ...], coordinates: np.ndarray, changed: np.ndarray | None = None
) -> ModelCalibration:
    """The calibration that holds the coordinates (P,), or those of them that `changed` (P,) bool marks."""
    values: dict[bool, dict[str, dict[str, float]]] = {True: {}, False: {}}
    for index, parameter in enumerate(parameters):
        if changed is None or changed[index]:
            entry = values[parameter.of_joint].setdefault(parameter.owner, {})
            entry[parameter.kind] = parameter.value(coordinates[index])
    return ModelCalibration(
        joints={name: JointCalibration(**entry) for name, entry in values[True].items()},
        actuators={name: ActuatorCalibration(**entry) for name, entry in values[False].items()},
    )


def _joint(name: str, kind: str) -> Parameter:
    row = JOINTS[JOINT_INDEX[name]]
    middle = 0.5 * (row.lower + row.upper)
    values = {"equilibrium": middle, "stiffness": 0.0, "margin": 0.0}
    value = values[kind] if kind in values else getattr(row, kind)
    return _parameter(name, kind, row.finger, value, JOINT_KINDS[kind])


def _actuator(name: str, kind: str) -> Parameter:
    row = next(row for row in ACTUATORS if row.name == name)
    sides = {"log_delta_negative": 0, "log_delta_positive": 1}
    if kind in sides:
        value = described_backlash().log_deltas()[ACTUATOR_INDEX[name], sides[kind]]
    else:
        value = getattr(row, kind)
    return _parameter(name, kind, JOINTS[JOINT_INDEX[row.joints[0]]].finger, value, ACTUATOR_KINDS[kind])


def _parameter(owner: str, kind: str, group: str, value: float, of: ParameterKind) -> Parameter:
    start = float(np.log(value)) if of.log else float(value)
    return Parameter(owner, kind, group, start, of.step, start - of.below, start + of.above)
