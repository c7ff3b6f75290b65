"""What the simulator knows and no sensor tells: for the critic, the evaluation and the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mujoco.batch import Batch

from inhand_core import rotations
from inhand_sim.layout import Layout


@dataclass(frozen=True)
class Truth:
    """Noiseless state of B worlds, float64, in the hand_base frame; orientations (x, y, z, w).

    Attributes:
        joint_position: (B, 24) [rad]; joint_velocity: (B, 24) [rad/s].
        fingertip_position: (B, 5, 3) [m].
        object_position: (B, 3) [m]; object_orientation: (B, 4).
        object_velocity: (B, 3) [m/s]; object_angular_velocity: (B, 3) [rad/s], both along hand_base axes.
    """

    joint_position: np.ndarray
    joint_velocity: np.ndarray
    fingertip_position: np.ndarray
    object_position: np.ndarray
    object_orientation: np.ndarray
    object_velocity: np.ndarray
    object_angular_velocity: np.ndarray


def read_truth(batch: Batch, layout: Layout) -> Truth:
    """Reads the state; fingertips are those of the batch's last kinematics."""
    qpos, qvel = batch.bind("qpos"), batch.bind("qvel")
    to_base = rotations.conjugate(layout.base_orientation)[None]
    body = rotations.wxyz_to_xyzw(qpos[:, layout.object_qpos[3:]])
    spin = rotations.rotate(body, qvel[:, layout.object_dofs[3:]])
    tips = batch.bind("site_xpos")[:, layout.tip_sites] - layout.base_position
    return Truth(
        joint_position=qpos[:, layout.joint_qpos],
        joint_velocity=qvel[:, layout.joint_dofs],
        fingertip_position=rotations.rotate(to_base[:, None], tips),
        object_position=rotations.rotate(to_base, qpos[:, layout.object_qpos[:3]] - layout.base_position),
        object_orientation=rotations.multiply(to_base, body),
        object_velocity=rotations.rotate(to_base, qvel[:, layout.object_dofs[:3]]),
        object_angular_velocity=rotations.rotate(to_base, spin),
    )
