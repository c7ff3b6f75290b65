"""Pinhole projection with plumb_bob distortion, rigid registration, and poses as six numbers."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from inhand_core import rotations
from inhand_description.cameras import CameraInfo, CameraPose, pose_from_matrix
from inhand_kernels import registration

N_LENS = 8
"""fx, fy, cx, cy [px], k1, k2, p1, p2: a lens as a row of numbers."""


def lens_row(info: CameraInfo) -> np.ndarray:
    """(8,) of a calibration."""
    return np.array([info.k[0], info.k[4], info.k[2], info.k[5], *info.d[:4]])


def lens_info(camera: str, size: tuple[int, int], row: np.ndarray) -> CameraInfo:
    """The calibration of a lens (8,)."""
    fx, fy, cx, cy, *d = row.tolist()
    return CameraInfo(camera, *size, (fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0), (*d, 0.0))


def project(lens: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Pixels (N, 2) of points (N, 3) [m, optical frame]; `lens` (8,) or (N, 8)."""
    fx, fy, cx, cy, k1, k2, p1, p2 = np.moveaxis(lens, -1, 0)
    x, y = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * k2)
    u = x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)
    v = y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y
    return np.stack([fx * u + cx, fy * v + cy], axis=-1)


def transform(pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (N, 3) through poses (6,) or (N, 6): rotation vector [rad], translation [m]."""
    return rotations.rotate(rotations.from_rotation_vector(pose[..., :3]), points) + pose[..., 3:]


def inverse(pose: np.ndarray) -> np.ndarray:
    """The inverse of a pose (6,)."""
    back = np.concatenate([-pose[:3], np.zeros(3)])
    return np.concatenate([-pose[:3], -transform(back, pose[3:])])


def compose(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The pose (6,) that does `second`, then `first`."""
    turns = (rotations.from_rotation_vector(pose[:3]) for pose in (first, second))
    return np.concatenate([rotations.to_rotation_vector(rotations.multiply(*turns)), transform(first, second[3:])])


def register(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The pose (6,) that brings points (N, 3) closest to others (N, 3), N >= 3."""
    found = registration.register(source, target[None], np.ones((1, len(source))))
    return np.concatenate([rotations.to_rotation_vector(found.rotation[0]), found.position[0]])


def middle(poses: np.ndarray) -> np.ndarray:
    """A pose (6,) in the middle of poses (N, 6), whatever a few of them say."""
    turns = Rotation.from_rotvec(poses[:, :3])
    apart = np.array([np.median((turns * turn.inv()).magnitude()) for turn in turns])
    best = turns[int(apart.argmin())]
    near = (turns * best.inv()).magnitude() <= 2.0 * apart.min() + 1e-9
    return np.concatenate([turns[near].mean().as_rotvec(), np.median(poses[near, 3:], axis=0)])


def camera_pose(world_to_camera: np.ndarray) -> CameraPose:
    """Pose of the optical frame in the world, of the pose (6,) that brings world points into it."""
    back = inverse(world_to_camera)
    return pose_from_matrix(rotations.to_matrix(rotations.from_rotation_vector(back[:3])), back[3:])


def world_to_camera(pose: CameraPose) -> np.ndarray:
    """The pose (6,) that brings world points into the optical frame."""
    turn = rotations.to_rotation_vector(np.array(pose.orientation))
    return inverse(np.concatenate([turn, pose.position]))
