"""The numbers of config/appearance.yaml as types."""

from __future__ import annotations

from dataclasses import dataclass

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_sim.ranges import Normal, Range, Value


@dataclass(frozen=True)
class CameraRanges:
    """Table 9: cameras. `count` must be that of the description."""

    count: Value
    position: Range
    rotation: Range
    field_of_view: Range


@dataclass(frozen=True)
class RobotRanges:
    """Table 9: the hand's surfaces."""

    color: Range
    metallic: Range
    glossiness: Range


@dataclass(frozen=True)
class ObjectRanges:
    """Table 9: the object's surfaces; hue, saturation and value are added to those of the description."""

    hue: Range
    saturation: Range
    value: Range
    metallic: Range
    glossiness: Range


@dataclass(frozen=True)
class LightRanges:
    """Table 9: lights."""

    count: Range
    distance: Value
    relative_intensity: Range
    total_intensity: Range

    def __post_init__(self) -> None:
        if self.count.lo < 1 or self.relative_intensity.lo <= 0.0 or self.total_intensity.lo < 0.0:
            raise ConfigError("lights: count >= 1, relative_intensity > 0 and total_intensity >= 0 are needed")


@dataclass(frozen=True)
class PoseRanges:
    """D.2: augmentation of the object's pose."""

    as_is: Value
    quarter_turn: Value
    jitter: Value
    jitter_position: Normal
    jitter_rotation: Normal

    def __post_init__(self) -> None:
        total = self.as_is.value + self.quarter_turn.value + self.jitter.value
        if min(self.as_is.value, self.quarter_turn.value, self.jitter.value) < 0.0 or abs(total - 1.0) > 1e-9:
            raise ConfigError(f"as_is, quarter_turn and jitter are probabilities of sum 1, have {total:g}")


@dataclass(frozen=True)
class AppearanceConfig:
    """Everything that config/appearance.yaml holds."""

    cameras: CameraRanges
    robot: RobotRanges
    object: ObjectRanges
    lights: LightRanges
    pose: PoseRanges


def load_appearance() -> AppearanceConfig:
    """Reads config/appearance.yaml.

    Raises:
        ConfigError: naming the key and the valid choices.
    """
    return load_config(AppearanceConfig, read_yaml(config_file("appearance")), "appearance.yaml")
