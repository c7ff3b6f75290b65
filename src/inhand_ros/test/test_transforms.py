"""Transforms of messages against scipy and against each other."""

import numpy as np
import pytest
from geometry_msgs.msg import Point, Pose, Quaternion, Transform, Vector3
from scipy.spatial.transform import Rotation

from inhand_core.poses import from_matrix, in_root, relative, to_matrix
from inhand_ros.transforms import pose_matrix, transform_matrix

TURNS = list(Rotation.random(10, random_state=5))


def pose_of(place: list[float], turn: Rotation, length: float = 1.0) -> Pose:
    x, y, z = place
    q = (length * turn.as_quat()).tolist()
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=q[0], y=q[1], z=q[2], w=q[3]))


@pytest.mark.parametrize("turn", TURNS)
def test_a_pose_maps_points_as_scipy_does_and_comes_back(turn: Rotation) -> None:
    matrix = pose_matrix(pose_of([0.1, -0.2, 0.3], turn, length=2.0))
    point = np.array([0.5, 0.6, -0.7])
    np.testing.assert_allclose(matrix @ [*point, 1.0], [*np.add(turn.apply(point), [0.1, -0.2, 0.3]), 1.0], atol=1e-12)
    position, orientation = from_matrix(matrix)
    np.testing.assert_allclose(to_matrix(position, orientation), matrix, atol=1e-12)
    assert orientation[3] >= 0.0


def test_a_transform_is_the_pose_of_its_numbers() -> None:
    pose = pose_of([1.0, 2.0, 3.0], TURNS[0])
    transform = Transform(translation=Vector3(x=1.0, y=2.0, z=3.0), rotation=pose.orientation)
    np.testing.assert_array_equal(transform_matrix(transform), pose_matrix(pose))


def test_frames_chain_to_the_root_and_a_broken_chain_is_none() -> None:
    hand, camera = pose_matrix(pose_of([0.0, 0.4, 0.3], TURNS[1])), pose_matrix(pose_of([0.5, 0.0, 0.1], TURNS[2]))
    frames = {"hand_base": ("world", hand), "camera": ("hand_base", camera), "lost": ("nowhere", camera)}
    np.testing.assert_allclose(in_root("camera", frames), hand @ camera, atol=1e-15)
    np.testing.assert_allclose(relative(hand, in_root("camera", frames)), camera, atol=1e-12)
    np.testing.assert_array_equal(in_root("world", frames), np.eye(4))
    assert in_root("lost", frames) is None and in_root("unknown", frames) is None
    assert in_root("a", {"a": ("b", hand), "b": ("a", hand)}) is None, "a loop has no root"
