"""config/calibration.yaml as dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inhand_calibration.joints.fit import JointFitConfig
from inhand_calibration.model.descent import DescentConfig
from inhand_calibration.model.parameters import ACTUATOR_KINDS, JOINT_KINDS
from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file


@dataclass(frozen=True)
class HallSpread:
    """Standard deviations: shift [rad] of a table, scale about its middle, bend [rad] of each point."""

    shift: float
    scale: float
    bend: float


@dataclass(frozen=True)
class ProofConfig:
    """Values and texts in config/calibration.yaml, section proof."""

    hall: HallSpread
    fingertip_placement: float
    base_placement: float
    marker_noise: float
    model: dict[str, tuple[float, float]]

    def __post_init__(self) -> None:
        known = {*JOINT_KINDS, *ACTUATOR_KINDS}
        if set(self.model) != known:
            raise ValueError(f"model must give {sorted(known)}, gives {sorted(self.model)}")


@dataclass(frozen=True)
class CalibrationConfig:
    """The whole file."""

    joints: JointFitConfig
    model: DescentConfig
    proof: ProofConfig


def load_settings(changes: Mapping[str, Mapping[str, Any]] | None = None) -> CalibrationConfig:
    """Reads config/calibration.yaml, with changes of single values by section.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    raw = read_yaml(config_file("calibration"))
    for section, values in (changes or {}).items():
        raw[section] = {**raw[section], **values}
    return load_config(CalibrationConfig, raw, "calibration.yaml")
