"""A push at the simulated object: a little aside and up in the world, asked of the simulator in the hand's frame."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_console.nodes.push import ASIDE_M, TURN_RAD, UP_M, push
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import ObjectPose
from inhand_description import HAND_BASE
from inhand_interfaces.srv import SetObjectPose

TURN = np.array([0.0, 0.6, 0.0, 0.8])
POSE = ObjectPose(np.array([[0.01, -0.04, 0.36]]), TURN[None], np.array([True]), np.zeros(1))


@pytest.mark.parametrize("seed", range(5))
def test_it_asks_for_a_place_aside_and_above(seed: int) -> None:
    talk = push("", Snapshot(true_pose=POSE), np.random.default_rng(seed))
    service, kind, request = talk.send(None)
    assert service == "sim/set_object_pose" and kind is SetObjectPose
    assert request.pose.header.frame_id == "hand_base"
    place, turn = request.pose.pose.position, request.pose.pose.orientation
    moved = np.array([place.x, place.y, place.z]) - POSE.position[0]
    in_world = rotations.rotate(np.array(HAND_BASE.orientation), moved)
    assert in_world[2] == pytest.approx(UP_M) and np.hypot(*in_world[:2]) == pytest.approx(ASIDE_M)
    turned = rotations.distance(np.array([[turn.x, turn.y, turn.z, turn.w]]), POSE.orientation)
    assert turned[0] == pytest.approx(TURN_RAD)
    with pytest.raises(StopIteration):
        talk.send(SetObjectPose.Response(success=True))


def test_no_push_without_a_simulated_object_and_a_refusal_is_told() -> None:
    with pytest.raises(ValueError, match="only the simulator's object"):
        push("", Snapshot()).send(None)
    talk = push("", Snapshot(true_pose=POSE))
    talk.send(None)
    with pytest.raises(ValueError, match="not now"):
        talk.send(SetObjectPose.Response(success=False, message="not now"))
