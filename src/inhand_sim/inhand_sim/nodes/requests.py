"""What the simulator's services are asked for, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped

import tf_transformations as tf
from inhand_ros.transforms import matrix_pose, pose_matrix, relative
from inhand_sim.layout import Layout
from inhand_sim.pacing import RealTimeLoop

POLICY_TICK_NS = 80_000_000  # what the service sim/step counts in


def pose_in_base(pose: PoseStamped, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Position (1, 3) [m] and orientation (1, 4) in hand_base of a pose in hand_base or world.

    Raises:
        ValueError: another frame, numbers that are not finite, or a zero quaternion.
    """
    p, q = pose.pose.position, pose.pose.orientation
    numbers, turn = np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w]), np.array([q.x, q.y, q.z, q.w])
    if pose.header.frame_id not in ("hand_base", "world"):
        raise ValueError(f"frame_id {pose.header.frame_id!r} is not one of ['hand_base', 'world']")
    if not np.isfinite(numbers).all() or np.linalg.norm(turn) < 1e-6:
        raise ValueError("the pose is not finite, or its quaternion is zero")
    if pose.header.frame_id == "world":
        base = tf.concatenate_matrices(
            tf.translation_matrix(layout.base_position), tf.quaternion_matrix(layout.base_orientation)
        )
        place = matrix_pose(relative(base, pose_matrix(pose.pose)))
        p, q = place.position, place.orientation
    orientation = tf.unit_vector((q.x, q.y, q.z, q.w))
    return np.array([[p.x, p.y, p.z]]), orientation[None]


def place_object(loop: RealTimeLoop, worlds: Any, request: Any, response: Any) -> Any:
    """Answers sim/set_object_pose: puts the object of `worlds` there, between two ticks of `loop`."""
    try:
        pose = pose_in_base(request.pose, worlds.layout)
        loop.call(lambda: worlds.place_object(np.zeros(1, int), *pose))
        response.success, response.message = True, "placed, at rest"
    except ValueError as error:
        response.success, response.message = False, str(error)
    return response
