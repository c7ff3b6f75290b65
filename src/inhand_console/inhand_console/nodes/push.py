"""A push at the simulated object: it is put a little aside, at rest, and the policy has to cope."""

from __future__ import annotations

import numpy as np

from inhand_console.nodes.choices import Calls
from inhand_console.nodes.set_pose import set_pose
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_description import HAND_BASE

ASIDE_M, UP_M, TURN_RAD = 0.008, 0.006, 0.35
"""How far it is moved, in a direction of chance, and lifted out of the fingers; how far it is turned, by chance."""


def push(_: str, snapshot: Snapshot, chance: np.random.Generator | None = None) -> Calls:
    """Asks the simulator to move its object a little.

    Raises:
        ValueError: there is no simulated object, or the simulator refuses; the text says so.
    """
    pose = snapshot.true_pose
    if pose is None or not np.isfinite(pose.position).all():
        raise ValueError("only the simulator's object can be pushed, and none is seen")
    draw = np.random.default_rng() if chance is None else chance
    angle = draw.uniform(-np.pi, np.pi)
    way = np.array([ASIDE_M * np.cos(angle), ASIDE_M * np.sin(angle), UP_M])  # in the world, whose z is up
    moved = rotations.rotate(rotations.conjugate(np.array(HAND_BASE.orientation)), way)
    axis = draw.normal(size=3)
    turn = rotations.from_rotation_vector(TURN_RAD * axis / np.linalg.norm(axis))
    turned = rotations.multiply(turn, pose.orientation[0])
    return (yield from set_pose("sim/set_object_pose", turned.tolist(), (pose.position[0] + moved).tolist()))
