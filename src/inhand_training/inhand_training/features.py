"""What value networks and teachers see: named blocks of the simulator's noiseless state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_policy.observation import cubic_harmonics

Array = np.ndarray


@dataclass(frozen=True)
class State:
    """One tick, noiseless, hand_base frame, leading axis B.

    Attributes:
        truth: the simulator's `Truth`.
        target: (B, 4) goal in force.
        goal_time: (B,) [s] since it was set.
        smoothed: (B, 20) the smoother's average.
        applied: (B, 20) the action that the hand is about to receive: smoothed, noisy, delayed.
        physics: (B, 10) the episode's draw, see `WorldDraw.summary`.
        joint_physics: (B, 44) its damping and gains, see `WorldDraw.joint_summary`.
        joint_limits: (B, 48) [rad] its joint limits, see `WorldDraw.limit_summary`.
        delayed: (B, 20) 1 for an actuator that gets its actions a step late, 0 for the others.
        slack: (B, 20) where in its backlash each tendon is, in [-1, 1]; at 1 it passes positive actions on.
    """

    truth: Any
    target: Array
    goal_time: Array
    smoothed: Array
    applied: Array
    physics: Array
    joint_physics: Array
    joint_limits: Array
    delayed: Array
    slack: Array

    @property
    def relative(self) -> Array:
        """(B, 4) the rotation from the object's orientation to the goal."""
        return rotations.relative(self.target, self.truth.object_orientation)


@dataclass(frozen=True)
class Feature:
    """A block: its length, and its values (B, size) of a state."""

    size: int
    values: Callable[[State], Array]


FEATURES: dict[str, Feature] = {
    "fingertip_positions": Feature(15, lambda s: s.truth.fingertip_position.reshape(len(s.target), -1)),
    "object_position": Feature(3, lambda s: s.truth.object_position),
    "object_orientation": Feature(4, lambda s: rotations.canonical(s.truth.object_orientation)),
    "target_orientation": Feature(4, lambda s: rotations.canonical(s.target)),
    "relative_target_orientation": Feature(4, lambda s: s.relative),
    "joint_positions": Feature(24, lambda s: s.truth.joint_position),
    "joint_velocities": Feature(24, lambda s: s.truth.joint_velocity),
    "object_velocity": Feature(3, lambda s: s.truth.object_velocity),
    "object_angular_velocity": Feature(3, lambda s: s.truth.object_angular_velocity),
    "relative_rotation_vector": Feature(3, lambda s: rotations.to_rotation_vector(s.relative)),
    "object_symmetry": Feature(15, lambda s: cubic_harmonics(s.truth.object_orientation)),
    "smoothed_action": Feature(20, lambda s: s.smoothed),
    "applied_action": Feature(20, lambda s: s.applied),
    "goal_time": Feature(1, lambda s: s.goal_time[:, None]),
    "physics": Feature(10, lambda s: s.physics),
    "joint_physics": Feature(44, lambda s: s.joint_physics),
    "joint_limits": Feature(48, lambda s: s.joint_limits),
    "delayed": Feature(20, lambda s: s.delayed),
    "slack": Feature(20, lambda s: s.slack),
}


def check_features(names: Iterable[str]) -> None:
    """Raises:
    ConfigError: a name is unknown; the message lists the known ones.
    """
    if unknown := [name for name in names if name not in FEATURES]:
        raise ConfigError(f"unknown state features {unknown}; known {list(FEATURES)}")


def assemble_state(names: Iterable[str], state: State) -> Array:
    """The features (B, n) float32 in the order of `names`."""
    return np.concatenate([FEATURES[name].values(state) for name in names], axis=-1).astype(np.float32)


def features_size(names: Iterable[str]) -> int:
    """Length of an observation of these features."""
    return sum(FEATURES[name].size for name in names)


def state_groups(groups: Mapping[str, Iterable[str]], state: State) -> dict[str, Array]:
    """Every observation group of the noiseless state."""
    return {name: assemble_state(features, state) for name, features in groups.items()}
