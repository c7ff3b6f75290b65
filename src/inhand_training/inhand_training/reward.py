"""The reward of a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from inhand_core.ranges import NOT_NEGATIVE, POSITIVE

Array = np.ndarray


@dataclass(frozen=True)
class RewardConfig:
    """Weights; the paper's are rotation 1, goal 5, drop 20 and 0 elsewhere (section 4.2).

    Attributes:
        rotation: per radian by which the distance to the goal shrinks.
        goal: for an achieved goal.
        drop: taken off for a drop.
        drop_limited: the same while the goal curriculum still limits the goals' angles.
        position: taken off per step for an object off its place, in full from `position_range` on.
        position_range: [m], horizontal distance from the palm's centre.
        action: taken off per step for the mean square of the action.
        wrist: taken off per step and radian by which the wrist's pitch is away from where a locked wrist is held.
    """

    rotation: Annotated[float, NOT_NEGATIVE]
    goal: Annotated[float, NOT_NEGATIVE]
    drop: Annotated[float, NOT_NEGATIVE]
    drop_limited: Annotated[float, NOT_NEGATIVE]
    position: Annotated[float, NOT_NEGATIVE]
    position_range: Annotated[float, POSITIVE]
    action: Annotated[float, NOT_NEGATIVE]
    wrist: Annotated[float, NOT_NEGATIVE] = 0.0


def reward(
    config: RewardConfig,
    before: Array,
    after: Array,
    achieved: Array,
    dropped: Array,
    drop_penalty: float,
    offset: Array,
    action: Array,
    pitch: Array,
) -> Array:
    """Rewards (B,) of a step.

    Args:
        config: weights.
        before, after: (B,) rotation distance [rad] to the goal in force, before and after the step.
        achieved: (B,) goals achieved by the step.
        dropped: (B,) bool.
        drop_penalty: the penalty in force, `drop` or `drop_limited`.
        offset: (B,) [m] horizontal distance of the object from the palm's centre.
        action: (B, A) in [-1, 1].
        pitch: (B,) [rad] of the wrist away from where a locked wrist is held.
    """
    shaped = config.rotation * (before - after) + config.goal * achieved - drop_penalty * dropped
    if config.position:
        shaped = shaped - config.position * np.minimum(1.0, offset / config.position_range)
    if config.action:
        shaped = shaped - config.action * np.mean(action * action, axis=-1)
    if config.wrist:
        shaped = shaped - config.wrist * np.abs(pitch)
    return shaped
