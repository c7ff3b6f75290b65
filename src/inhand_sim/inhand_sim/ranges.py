"""The numbers of config/randomization.yaml as types: what is drawn, within which bounds, in which unit, from where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import RowRandom


@dataclass(frozen=True)
class Range:
    """Uniform in [lo, hi], or in the logarithm where `log`."""

    lo: float
    hi: float
    unit: str
    source: str
    log: bool = False

    def __post_init__(self) -> None:
        if not self.lo <= self.hi:
            raise ConfigError(f"lo {self.lo} must not exceed hi {self.hi}")
        if self.log and self.lo <= 0.0:
            raise ConfigError(f"a logarithmic range needs lo > 0, has {self.lo}")

    def draw(self, random: RowRandom, shape: Sequence[int], rows: np.ndarray) -> np.ndarray:
        """Values (len(rows), *shape) for the row indices `rows`, in the range's unit."""
        u = random.uniform(shape, rows)
        if not self.log:
            return self.lo + (self.hi - self.lo) * u
        low = math.log(self.lo)
        return np.exp(low + (math.log(self.hi) - low) * u)


@dataclass(frozen=True)
class Normal:
    """Gaussian of mean 0 and standard deviation `std`."""

    std: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        if not self.std >= 0.0:
            raise ConfigError(f"std must be >= 0, is {self.std}")

    def draw(self, random: RowRandom, shape: Sequence[int], rows: np.ndarray | None = None) -> np.ndarray:
        """Values (len(rows), *shape) for the row indices `rows`, or (B, *shape) for all; in the entry's unit."""
        return self.std * random.normal(shape, rows)


@dataclass(frozen=True)
class Value:
    """A fixed number with its unit and source."""

    value: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ConfigError(f"value must be finite, is {self.value}")


@dataclass(frozen=True)
class PhysicsRanges:
    """Table 1, with `min_joint_span` [rad], the least distance of a joint's two limits after the draw."""

    object_size: Range
    mass: Range
    friction: Range
    joint_damping: Range
    actuator_gain: Range
    joint_limit: Normal
    gravity: Normal
    min_joint_span: float


@dataclass(frozen=True)
class MarkerPlacement:
    """Table 7: how far off markers sit on the hand, per coordinate."""

    fingertip: Normal
    hand_base: Normal


@dataclass(frozen=True)
class Timing:
    """C.2: rate of the exponential part of a physics step."""

    rate: Range


@dataclass(frozen=True)
class OcclusionRange:
    """C.2: gap between a nail's box and another body below which the fingertip's marker is hidden."""

    distance: Value


@dataclass(frozen=True)
class RandomForces:
    """C.2: forces on the object."""

    probability: Range
    acceleration: Normal
    decay: Value


@dataclass(frozen=True)
class WorldRanges:
    """What is drawn for the worlds themselves; the links on topics have their own sections."""

    physics: PhysicsRanges
    marker_placement: MarkerPlacement
    timing: Timing
    occlusion: OcclusionRange
    random_forces: RandomForces


SECTIONS = tuple(WorldRanges.__dataclass_fields__)


def load_world_ranges() -> WorldRanges:
    """Reads the worlds' sections of config/randomization.yaml.

    Raises:
        ConfigError: naming the key and the valid choices.
    """
    raw = read_yaml(config_file("randomization"))
    return load_config(WorldRanges, {name: raw[name] for name in SECTIONS if name in raw}, "randomization.yaml")


def sections_on(groups: Sequence[str]) -> frozenset[str]:
    """Sections of config/randomization.yaml switched on by these group names.

    Raises:
        ConfigError: an unknown group; the message lists the known ones.
    """
    known = read_yaml(config_file("randomization"))["groups"]
    if unknown := sorted(set(groups) - set(known)):
        raise ConfigError(f"unknown randomization group {unknown}; known {sorted(known)}")
    return frozenset(section for group in groups for section in known[group])
