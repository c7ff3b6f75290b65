"""Poses are made sound, or refused."""

import numpy as np
import pytest

from inhand_core.poses import PoseError, sound_pose

NAN = float("nan")


def test_a_quaternion_of_another_length_is_scaled():
    p, q = sound_pose((1, 2, 3), (0.0, 0.0, 0.0, -2.0))
    assert p.tolist() == [1.0, 2.0, 3.0] and q.tolist() == [0.0, 0.0, 0.0, -1.0]
    assert np.linalg.norm(sound_pose((0, 0, 0), (1, 2, 3, 4))[1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("position", "orientation", "words"),
    [
        ((NAN, 0, 0), (0, 0, 0, 1), "NaN"),
        ((0, 0, 0), (0, NAN, 0, 1), "NaN"),
        ((0, float("inf"), 0), (0, 0, 0, 1), "infinity"),
        ((0, 0, 0), (0, 0, 0, 0), "length 0"),
        ((1e30, 0, 0), (0, 0, 0, 1), "beyond 100 m"),
    ],
)
def test_what_is_no_pose_is_refused(position, orientation, words):
    with pytest.raises(PoseError, match=words):
        sound_pose(position, orientation)
