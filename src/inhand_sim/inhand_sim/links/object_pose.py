"""Link on object/pose: noise of the estimated pose (Table 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inhand_core import rotations
from inhand_core.random import RowRandom
from inhand_core.signals import ObjectPose
from inhand_sim.links.base import ScaledLink
from inhand_sim.ranges import Normal


@dataclass(frozen=True)
class ObjectPoseNoiseConfig:
    """Noise of the object's pose: per episode and per message."""

    correlated_position: Normal
    uncorrelated_position: Normal
    correlated_rotation: Normal
    uncorrelated_rotation: Normal


@dataclass
class ObjectPoseNoiseState:
    """The episode's offset (B, 3) [m] and rotation (B, 4); the last noisy pose, kept while the object is not seen."""

    offset: np.ndarray
    turn: np.ndarray
    position: np.ndarray
    orientation: np.ndarray


class ObjectPoseNoise(ScaledLink[ObjectPose]):
    """Gaussian noise on position, and a rotation by a Gaussian angle about a random axis (Table 7)."""

    Config = ObjectPoseNoiseConfig

    def __init__(self, config: ObjectPoseNoiseConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        offset = np.zeros((self.batch, 3))
        turn = rotations.identity(offset)
        self.state = ObjectPoseNoiseState(offset, turn, np.full((self.batch, 3), np.nan), turn.copy())

    def reset(self, mask: np.ndarray) -> None:
        """Draws the episode's offset and rotation in the rows of `mask`."""
        rows = np.flatnonzero(mask)
        scale = self.randomization_scale[rows]
        offset = self.config.correlated_position.draw(self.random, (3,), rows)
        self.state.offset[rows] = offset * scale[:, None]
        self.state.turn[rows] = _random_turn(self.random, self.config.correlated_rotation, scale, rows)
        self.state.position = np.where(mask[:, None], np.nan, self.state.position)  # the old array was published

    def apply(self, signal: ObjectPose, dt: float) -> ObjectPose:
        """Adds offset and noise to the poses that are valid; an invalid one keeps the last noisy pose."""
        state = self.state
        scale = self.randomization_scale
        noise = self.config.uncorrelated_position.draw(self.random, (3,)) * scale[:, None]
        position = signal.position + state.offset + noise
        turn = _random_turn(self.random, self.config.uncorrelated_rotation, scale)
        orientation = rotations.multiply(turn, rotations.multiply(state.turn, signal.orientation))
        keep = (~np.asarray(signal.valid, bool) & ~np.isnan(state.position[:, 0]))[:, None]
        state.position = np.where(keep, state.position, position)
        state.orientation = np.where(keep, state.orientation, orientation)
        return replace(signal, position=state.position, orientation=state.orientation)


def _random_turn(random: RowRandom, angle: Normal, scale: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """Rotations (n, 4) by a Gaussian angle [rad] times `scale` (n,), about axes uniform on the sphere."""
    axis = random.normal((3,), rows)
    axis = axis / np.maximum(rotations.norm(axis), 1e-12)[:, None]
    return rotations.from_axis_angle(axis, angle.draw(random, (), rows) * scale)
