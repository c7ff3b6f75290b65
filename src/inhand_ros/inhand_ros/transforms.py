"""Poses and transforms of messages as homogeneous matrices and back, by tf_transformations.

Matrices (4, 4) map points of the child's frame into the parent's; metres; quaternions (x, y, z, w).
"""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion, Transform

import tf_transformations as tf
from inhand_data.poses import sound_pose


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


def matrix_pose(matrix: np.ndarray) -> Pose:
    """The pose of a matrix (4, 4), its quaternion with w >= 0."""
    (x, y, z), turn = tf.translation_from_matrix(matrix).tolist(), tf.quaternion_from_matrix(matrix).tolist()
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(**dict(zip("xyzw", turn, strict=True))))


def relative(base: np.ndarray, child: np.ndarray) -> np.ndarray:
    """The matrix (4, 4) of `child` as seen from `base`, both given in one parent frame."""
    return tf.concatenate_matrices(tf.inverse_matrix(base), child)


def in_root(frame: str, frames: dict[str, tuple[str, np.ndarray]], root: str = "world") -> np.ndarray | None:
    """The matrix (4, 4) of `frame` in `root` through a tree: parent and matrix, parent from child, by child frame.

    Returns:
        None where the chain does not reach the root.
    """
    steps: list[np.ndarray] = []
    while frame != root:
        if frame not in frames or len(steps) > len(frames):
            return None
        frame, step = frames[frame]
        steps.insert(0, step)
    return tf.concatenate_matrices(*steps)


def _matrix(place: Point, turn: Quaternion) -> np.ndarray:
    position, orientation = sound_pose((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))
    return tf.concatenate_matrices(tf.translation_matrix(position), tf.quaternion_matrix(orientation))
