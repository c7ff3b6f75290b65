"""Poses and transforms of messages as homogeneous matrices and back.

Matrices (4, 4) map points of the child's frame into the parent's; metres; quaternions (x, y, z, w).
"""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion, Transform

from inhand_core.poses import sound_pose, to_matrix


def pose_matrix(pose: Pose) -> np.ndarray:
    """The matrix (4, 4) of a pose, of a quaternion of any length but zero.

    Raises:
        PoseError: NaN, infinity, a zero quaternion, or far away.
    """
    return _matrix(pose.position, pose.orientation)


def transform_matrix(transform: Transform) -> np.ndarray:
    """The matrix (4, 4), parent from child, of a transform.

    Raises:
        PoseError: NaN, infinity, a zero quaternion, or far away.
    """
    return _matrix(transform.translation, transform.rotation)


def _matrix(place: Point, turn: Quaternion) -> np.ndarray:
    return to_matrix(*sound_pose((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w)))
