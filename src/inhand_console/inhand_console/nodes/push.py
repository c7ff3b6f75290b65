"""A push at the simulated object: it is put a little aside, at rest, and the policy has to cope."""

from __future__ import annotations

from typing import Any

import numpy as np

from inhand_console.nodes.choices import Calls
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_description import HAND_BASE
from inhand_interfaces.srv import SetObjectPose
from inhand_viz.topics import HAND_BASE as FRAME

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
    request = _request(pose.position[0] + moved, rotations.multiply(turn, pose.orientation[0]))
    answer = yield "sim/set_object_pose", SetObjectPose, request
    if not answer.success:
        raise ValueError(answer.message)
    return answer.message


def _request(position: np.ndarray, orientation: np.ndarray) -> Any:
    request = SetObjectPose.Request()
    request.pose.header.frame_id = FRAME
    place, turn = request.pose.pose.position, request.pose.pose.orientation
    place.x, place.y, place.z = position.tolist()
    turn.x, turn.y, turn.z, turn.w = orientation.tolist()
    return request
