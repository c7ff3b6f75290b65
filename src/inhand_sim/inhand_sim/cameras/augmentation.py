"""Augmentation of the object's pose before rendering (paper, D.2)."""

from __future__ import annotations

import numpy as np

from inhand_core import rotations
from inhand_core.random import RowRandom
from inhand_sim.cameras.ranges import PoseRanges

QUARTER = np.sqrt(0.5)


def augment_poses(
    position: np.ndarray, orientation: np.ndarray, ranges: PoseRanges, random: RowRandom
) -> tuple[np.ndarray, np.ndarray]:
    """Poses to render: some as they are, some turned by a quarter about one of the object's main axes, some jittered.

    The turn is about the object's own axes, either way. The jitter is in the frame in which the poses are given.

    Args:
        position: (B, 3) [m]; orientation: (B, 4).
        ranges: section `pose` of config/appearance.yaml.
        random: B rows.

    Returns:
        Position (B, 3) and orientation (B, 4).
    """
    kind = random.uniform()
    turned = (kind >= ranges.as_is.value) & (kind < ranges.as_is.value + ranges.quarter_turn.value)
    jittered = kind >= ranges.as_is.value + ranges.quarter_turn.value
    axis = np.eye(3)[random.integers(3)] * np.where(random.uniform() < 0.5, -1.0, 1.0)[:, None]
    quarter = np.concatenate([QUARTER * axis, np.full((len(axis), 1), QUARTER)], axis=-1)
    shift = ranges.jitter_position.draw(random, (3,))
    direction = random.normal((3,))
    angle = ranges.jitter_rotation.draw(random, ())
    jitter = rotations.from_axis_angle(direction / rotations.norm(direction)[:, None], angle)
    orientation = np.where(turned[:, None], rotations.multiply(orientation, quarter), orientation)
    orientation = np.where(jittered[:, None], rotations.multiply(jitter, orientation), orientation)
    return np.where(jittered[:, None], position + shift, position), rotations.normalize(orientation)
