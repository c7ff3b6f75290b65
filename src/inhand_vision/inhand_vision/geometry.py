"""From corners seen in several calibrated images to a rigid pose: triangulation, registration, refinement.

Batched NumPy. Points of view: cameras C, corners K, rows B. Camera poses map optical frames into the base frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core import rotations
from inhand_kernels.registration import register

_ITERATIONS = 10
_SMALL = 1e-6
"""A step of less [m, rad] is the last: a thousandth of the errors that images leave."""
_DAMPING = 1e-9
_WORST = 4.0  # cutoffs, at which an error is bounded in the residual


@dataclass(frozen=True)
class RigidFit:
    """A pose from images.

    Attributes:
        position: (B, 3) [m]; orientation: (B, 4).
        covariance: (B, 6, 6) of position [m] and rotation vector [rad], both along base axes.
        residual: (B,) root mean square of the reprojection errors in units of their standard deviations, each bounded
            at four times the cutoff.
    """

    position: np.ndarray
    orientation: np.ndarray
    covariance: np.ndarray
    residual: np.ndarray


def project(points: np.ndarray, matrix: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Pixels (…, C, K, 2) of points (…, K, 3) [m, base] in cameras with matrix (…, C, 3, 3) and pose (…, C, 4, 4)."""
    seen = _to_camera(points, pose)
    image = np.einsum("...cij,...ckj->...cki", matrix, seen)
    return image[..., :2] / image[..., 2:]


def corners_at(vertices: np.ndarray, position: np.ndarray, orientation: np.ndarray) -> np.ndarray:
    """Corners (B, K, 3) [m, base] of an object with `vertices` (K, 3) at position (B, 3), orientation (B, 4)."""
    each = np.broadcast_to(vertices, (len(position), *vertices.shape))
    return position[:, None] + rotations.rotate(orientation[:, None], each)


def triangulate(
    pixels: np.ndarray, information: np.ndarray, matrix: np.ndarray, pose: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points nearest to their rays.

    Args:
        pixels: (B, C, K, 2). information: (B, C, K) weight of each, 1 / px²; 0 where it is not seen.
        matrix: (B, C, 3, 3) [px]. pose: (B, C, 4, 4), base from optical.

    Returns:
        points (B, K, 3) [m, base]; weight (B, K) [1 / m²], the smallest information of a point in any direction.
    """
    homogeneous = np.concatenate([pixels, np.ones_like(pixels[..., :1])], -1)
    rays = np.einsum("bcij,bckj->bcki", np.linalg.inv(matrix), homogeneous)
    rays = np.einsum("bcij,bckj->bcki", pose[..., :3, :3], rays)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    centre = pose[..., :3, 3]
    focal, distance = matrix[..., 0, 0], np.linalg.norm(centre, axis=-1)  # a pixel's size at about the base's distance
    weight = information * (focal / np.maximum(distance, 0.1))[..., None] ** 2
    across = np.eye(3) - rays[..., :, None] * rays[..., None, :]
    across = across * weight[..., None, None]
    total = across.sum(1)
    right = np.einsum("bckij,bcj->bki", across, centre)
    regular = total + _DAMPING * (np.trace(total, axis1=-2, axis2=-1)[..., None, None] + 1e-6) * np.eye(3)
    return np.linalg.solve(regular, right[..., None])[..., 0], np.linalg.eigvalsh(total)[..., 0]


def fit_pose(
    vertices: np.ndarray,
    pixels: np.ndarray,
    covariance: np.ndarray,
    matrix: np.ndarray,
    pose: np.ndarray,
    seen: np.ndarray,
    cutoff: float = 3.0,
) -> RigidFit:
    """The pose of a rigid object from its corners in several images.

    Triangulation and registration give a start; then Gauss-Newton on the reprojection errors, weighted by their
    covariances and, against outliers, by Huber's function.

    Args:
        vertices: (K, 3) corners [m, object].
        pixels: (B, C, K, 2); covariance: (B, C, K, 2, 2) [px²].
        matrix: (B, C, 3, 3); pose: (B, C, 4, 4), base from optical.
        seen: (B, C) bool, cameras that count.
        cutoff: errors beyond this many standard deviations count linearly.
    """
    information = np.linalg.inv(covariance) * seen[:, :, None, None, None]
    scalar = np.sqrt(np.maximum(np.linalg.det(information), 0.0))
    points, weight = triangulate(pixels, scalar, matrix, pose)
    start = register(vertices, points, weight / np.maximum(weight.max(1, keepdims=True), 1e-30))
    position, orientation = start.position, start.rotation
    moving = np.ones(len(pixels), bool)  # a row that has arrived stays as it is, whatever the others still need
    for _ in range(_ITERATIONS):
        error, jacobian = _linearise(vertices, position, orientation, pixels, matrix, pose)
        weighted = information * _huber(error, information, cutoff)[..., None, None]
        hessian, gradient = _normal_equations(jacobian, weighted, error)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0] * moving[:, None]
        turn = rotations.from_rotation_vector(-_bounded(step[:, 3:]))
        turned = rotations.normalize(rotations.multiply(turn, orientation))
        position = position - step[:, :3]
        orientation = np.where(moving[:, None], turned, orientation)
        moving &= np.abs(step).max(axis=1) > _SMALL
        if not moving.any():
            break
    error, jacobian = _linearise(vertices, position, orientation, pixels, matrix, pose)
    weighted = information * _huber(error, information, cutoff)[..., None, None]
    hessian, _ = _normal_equations(jacobian, weighted, error)
    squared = np.minimum(_squared(error, information), (_WORST * cutoff) ** 2)
    count = np.maximum(2.0 * seen.sum(1) * len(vertices) - 6.0, 1.0)
    residual = np.sqrt(squared.sum((1, 2)) / count)
    spread = np.maximum(residual, 1.0)[:, None, None] ** 2
    return RigidFit(position, rotations.canonical(orientation), spread * np.linalg.inv(hessian), residual)


def _to_camera(points: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Points (…, K, 3) [base] in each optical frame, (…, C, K, 3)."""
    away = points[..., None, :, :] - pose[..., None, :3, 3]
    return np.einsum("...cji,...ckj->...cki", pose[..., :3, :3], away)


def _linearise(
    vertices: np.ndarray,
    position: np.ndarray,
    orientation: np.ndarray,
    pixels: np.ndarray,
    matrix: np.ndarray,
    pose: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Reprojection errors (B, C, K, 2) [px] and their derivatives (B, C, K, 2, 6) by position and rotation vector."""
    points = corners_at(vertices, position, orientation)
    seen = _to_camera(points, pose)
    depth = np.maximum(seen[..., 2], 0.01)
    image = np.einsum("bcij,bckj->bcki", matrix, seen)
    error = image[..., :2] / depth[..., None] - pixels
    by_seen = matrix[:, :, None, :2, :] / depth[..., None, None]
    by_seen = by_seen - (image[..., :2, None] / depth[..., None, None] ** 2) * np.array([0.0, 0.0, 1.0])
    by_point = np.einsum("bckij,bclj->bckil", by_seen, pose[..., :3, :3])
    arm = points - position[:, None]
    zero = np.zeros_like(arm[..., 0])
    x, y, z = arm[..., 0], arm[..., 1], arm[..., 2]
    turned = np.stack([zero, z, -y, -z, zero, x, y, -x, zero], -1).reshape(*zero.shape, 3, 3)  # d(w × arm) / dw
    return error, np.concatenate([by_point, np.einsum("bckij,bkjl->bckil", by_point, turned)], -1)


def _squared(error: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Squared errors (B, C, K) in units of their covariances."""
    return np.einsum("bcki,bckij,bckj->bck", error, information, error)


def _huber(error: np.ndarray, information: np.ndarray, cutoff: float) -> np.ndarray:
    """Huber's weights (B, C, K)."""
    return np.minimum(1.0, cutoff / np.sqrt(np.maximum(_squared(error, information), 1e-12)))


def _normal_equations(
    jacobian: np.ndarray, information: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    weighted = np.einsum("bckij,bckil->bckjl", jacobian, information)  # (…, 6, 2)
    hessian = np.einsum("bckjl,bcklm->bjm", weighted, jacobian)
    gradient = np.einsum("bckjl,bckl->bj", weighted, error)
    damping = _DAMPING * (1.0 + np.trace(hessian, axis1=1, axis2=2))
    return hessian + damping[:, None, None] * np.eye(6), gradient


def _bounded(turn: np.ndarray) -> np.ndarray:
    """Rotation vectors no longer than 0.5 rad."""
    length = np.linalg.norm(turn, axis=-1, keepdims=True)
    return turn * np.minimum(1.0, 0.5 / np.maximum(length, 1e-12))
