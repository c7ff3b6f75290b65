"""Transformation matrices and quaternions with the API of the ROS package tf_transformations, over transforms3d.

Used only where ROS itself lacks the package. Quaternions are (x, y, z, w); matrices are 4x4 and homogeneous; angles are
radians; Euler axes are the usual four-letter codes ("sxyz": static x, then y, then z).
"""

import math
from collections.abc import Sequence

import numpy as np
import transforms3d
from numpy.typing import ArrayLike

__all__ = [
    "concatenate_matrices",
    "euler_from_matrix",
    "euler_from_quaternion",
    "euler_matrix",
    "identity_matrix",
    "inverse_matrix",
    "is_same_transform",
    "quaternion_about_axis",
    "quaternion_conjugate",
    "quaternion_from_euler",
    "quaternion_from_matrix",
    "quaternion_inverse",
    "quaternion_matrix",
    "quaternion_multiply",
    "quaternion_slerp",
    "rotation_matrix",
    "translation_from_matrix",
    "translation_matrix",
    "unit_vector",
    "vector_norm",
]

_EPS = np.finfo(float).eps * 4.0


def _to_wxyz(q: ArrayLike) -> np.ndarray:
    """Reorder (x, y, z, w) into the (w, x, y, z) of transforms3d."""
    x, y, z, w = np.asarray(q, dtype=float)
    return np.array([w, x, y, z])


def _to_xyzw(q: ArrayLike) -> np.ndarray:
    """Reorder (w, x, y, z) into (x, y, z, w)."""
    w, x, y, z = q
    return np.array([x, y, z, w])


def _homogeneous(rotation: np.ndarray) -> np.ndarray:
    matrix = np.identity(4)
    matrix[:3, :3] = rotation
    return matrix


def identity_matrix() -> np.ndarray:
    """Return the 4x4 identity."""
    return np.identity(4)


def translation_matrix(direction: Sequence[float]) -> np.ndarray:
    """Return the matrix that translates by a vector (3,)."""
    matrix = np.identity(4)
    matrix[:3, 3] = direction[:3]
    return matrix


def translation_from_matrix(matrix: ArrayLike) -> np.ndarray:
    """Return the translation (3,) of a matrix."""
    return np.array(matrix, dtype=float)[:3, 3].copy()


def rotation_matrix(angle: float, direction: Sequence[float], point: Sequence[float] | None = None) -> np.ndarray:
    """Return the matrix that rotates by `angle` about an axis through `point` (the origin by default)."""
    return transforms3d.axangles.axangle2aff(direction[:3], angle, point=None if point is None else point[:3])


def euler_matrix(ai: float, aj: float, ak: float, axes: str = "sxyz") -> np.ndarray:
    """Return the rotation matrix of three Euler angles."""
    return _homogeneous(transforms3d.euler.euler2mat(ai, aj, ak, axes))


def euler_from_matrix(matrix: ArrayLike, axes: str = "sxyz") -> tuple[float, float, float]:
    """Return the Euler angles of a rotation matrix (3x3 or 4x4)."""
    return transforms3d.euler.mat2euler(np.asarray(matrix, dtype=float), axes)


def euler_from_quaternion(quaternion: ArrayLike, axes: str = "sxyz") -> tuple[float, float, float]:
    """Return the Euler angles of a quaternion (x, y, z, w)."""
    return transforms3d.euler.quat2euler(_to_wxyz(quaternion), axes)


def quaternion_from_euler(ai: float, aj: float, ak: float, axes: str = "sxyz") -> np.ndarray:
    """Return the quaternion (x, y, z, w) of three Euler angles."""
    return _to_xyzw(transforms3d.euler.euler2quat(ai, aj, ak, axes))


def quaternion_about_axis(angle: float, axis: Sequence[float]) -> np.ndarray:
    """Return the quaternion (x, y, z, w) of a rotation by `angle` about `axis` (any length but zero)."""
    return _to_xyzw(transforms3d.quaternions.axangle2quat(axis, angle))


def quaternion_matrix(quaternion: ArrayLike) -> np.ndarray:
    """Return the 4x4 rotation matrix of a quaternion (x, y, z, w) of any length; a null one gives the identity."""
    return _homogeneous(transforms3d.quaternions.quat2mat(_to_wxyz(quaternion)))


def quaternion_from_matrix(matrix: ArrayLike) -> np.ndarray:
    """Return the quaternion (x, y, z, w), w >= 0, of the rotation of a 4x4 matrix."""
    return _to_xyzw(transforms3d.quaternions.mat2quat(np.asarray(matrix, dtype=float)[:3, :3]))


def quaternion_multiply(quaternion1: ArrayLike, quaternion0: ArrayLike) -> np.ndarray:
    """Return the product quaternion1 * quaternion0: the rotation 0 followed by 1."""
    return _to_xyzw(transforms3d.quaternions.qmult(_to_wxyz(quaternion1), _to_wxyz(quaternion0)))


def quaternion_conjugate(quaternion: ArrayLike) -> np.ndarray:
    """Return the conjugate (-x, -y, -z, w)."""
    return _to_xyzw(transforms3d.quaternions.qconjugate(_to_wxyz(quaternion)))


def quaternion_inverse(quaternion: ArrayLike) -> np.ndarray:
    """Return the inverse of a quaternion, which need not be of length one."""
    # Not transforms3d's qinverse: that one divides by the length where it should divide by its square.
    return quaternion_conjugate(quaternion) / np.dot(quaternion, quaternion)


def quaternion_slerp(
    quat0: ArrayLike, quat1: ArrayLike, fraction: float, spin: int = 0, shortestpath: bool = True
) -> np.ndarray:
    """Return the spherical interpolation between two quaternions, at `fraction` in [0, 1] of the way.

    `spin` adds whole half turns; with `shortestpath` a pair more than half a turn apart is interpolated the other way
    round, so that the result may be the negative of what the end points suggest.
    """
    q0, q1 = unit_vector(np.asarray(quat0, dtype=float)), unit_vector(np.asarray(quat1, dtype=float))
    if fraction in (0.0, 1.0):
        return q1 if fraction else q0
    cosine = float(np.dot(q0, q1))
    if abs(abs(cosine) - 1.0) < _EPS:
        return q0
    if shortestpath and cosine < 0.0:
        cosine, q1 = -cosine, -q1
    angle = math.acos(cosine) + spin * math.pi
    if abs(angle) < _EPS:
        return q0
    return (q0 * math.sin((1.0 - fraction) * angle) + q1 * math.sin(fraction * angle)) / math.sin(angle)


def concatenate_matrices(*matrices: ArrayLike) -> np.ndarray:
    """Return the product of matrices, the first one leftmost."""
    product = np.identity(4)
    for matrix in matrices:
        product = product @ np.asarray(matrix, dtype=float)
    return product


def inverse_matrix(matrix: ArrayLike) -> np.ndarray:
    """Return the inverse of a square matrix."""
    return np.linalg.inv(np.asarray(matrix, dtype=float))


def is_same_transform(matrix0: ArrayLike, matrix1: ArrayLike) -> bool:
    """Return whether two 4x4 matrices transform alike, whatever the scale of their last element."""
    m0, m1 = (np.asarray(matrix, dtype=float) for matrix in (matrix0, matrix1))
    return bool(np.allclose(m0 / m0[3, 3], m1 / m1[3, 3]))


def vector_norm(data: ArrayLike) -> float:
    """Return the Euclidean length of a vector."""
    return float(np.linalg.norm(np.asarray(data, dtype=float)))


def unit_vector(data: ArrayLike) -> np.ndarray:
    """Return a vector scaled to length one."""
    return np.asarray(data, dtype=float) / vector_norm(data)
