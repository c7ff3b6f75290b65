"""Rigid registration: the rotation and translation that best map a body's known points to where they are seen.

Horn's quaternion method ("Closed-form solution of absolute orientation using unit quaternions", 1987): the rotation is
the eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix. All else is elementwise over the batch with sums
written out, and LAPACK solves each row's matrix by itself, so that a row equals the row alone bit for bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Registration(NamedTuple):
    """rotation (B, 4) xyzw and position (B, 3) [m] of the body in the frame of the seen points; residual (B,) [m]."""

    rotation: np.ndarray
    position: np.ndarray
    residual: np.ndarray


def register(reference: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> Registration:
    """Finds q, t that minimise sum_i w_i |rotate(q, p_i) + t - s_i|^2 in each row.

    Args:
        reference: (M, 3) points p_i in the body's frame [m].
        seen: (B, M, 3) the same points where they are seen, finite [m].
        weight: (B, M) weights w_i >= 0; 0 leaves a point out.

    Returns:
        The registration; `residual` is the weighted root mean square distance. Rows whose points of positive weight
        do not fix a rotation (see `well_posed_subsets`) hold finite but meaningless values.
    """
    p = reference[..., None]
    s, w = np.ascontiguousarray(seen.transpose(1, 2, 0)), np.ascontiguousarray(weight.T)  # the batch last: vectorises
    total = _sum(w)
    share = w / np.where(total > 0.0, total, np.ones_like(total))
    p_mean, s_mean = _sum(share[:, None] * p), _sum(share[:, None] * s)
    p, s = p - p_mean, s - s_mean
    correlation = _sum((share[:, None] * p)[:, :, None] * s[:, None, :])  # (3, 3, B): [a][b] = sum_i w_i p_ia s_ib
    spread = _sum(share * (_dot(p[:, 0], p[:, 0], p[:, 1], p[:, 1], p[:, 2], p[:, 2])))
    spread = 0.5 * (spread + _sum(share * _dot(s[:, 0], s[:, 0], s[:, 1], s[:, 1], s[:, 2], s[:, 2])))
    safe = np.where(spread > 0.0, spread, np.ones_like(spread))
    rotation, eigenvalue = _largest_eigenvector(correlation / safe)
    mean_square = 2.0 * safe * (1.0 - eigenvalue)
    residual = np.sqrt(np.where(mean_square > 0.0, mean_square, np.zeros_like(mean_square)))
    position = s_mean - _rotate(rotation, p_mean)
    return Registration(np.stack(rotation, axis=-1), np.ascontiguousarray(position.T), residual)


def well_posed_subsets(reference: np.ndarray, min_spread: float) -> np.ndarray:
    """Which subsets of the points fix a rotation: (2**M,) bool, bit i of the index = point i is in the subset.

    A subset does if it has at least 3 points that are not on one line: the second singular value of its centred
    points, divided by sqrt(count), is at least `min_spread` [m].
    """
    count = len(reference)
    result = np.zeros(2**count, bool)
    for index in range(2**count):
        chosen = reference[[i for i in range(count) if index >> i & 1]]
        if len(chosen) >= 3:
            singular = np.linalg.svd(chosen - chosen.mean(axis=0), compute_uv=False)
            result[index] = singular[1] / np.sqrt(len(chosen)) >= min_spread
    return result


def subset_index(visible: np.ndarray) -> np.ndarray:
    """Index (B,) into `well_posed_subsets` of visible (B, M) bool."""
    index = np.zeros(len(visible), np.int64)
    for i in range(visible.shape[1]):
        index += visible[:, i].astype(np.int64) << i
    return index


def _sum(terms: np.ndarray) -> np.ndarray:
    """Sum over the first axis in index order."""
    total = terms[0]
    for i in range(1, terms.shape[0]):
        total = total + terms[i]
    return total


def _dot(*pairs: np.ndarray) -> np.ndarray:
    """a0 b0 + a1 b1 + … of a0, b0, a1, b1, …."""
    total = pairs[0] * pairs[1]
    for i in range(2, len(pairs), 2):
        total = total + pairs[i] * pairs[i + 1]
    return total


def _rotate(q: list[np.ndarray], v: np.ndarray) -> np.ndarray:
    """v (3, B) rotated by the quaternion components q = [x, y, z, w], each (B,)."""
    x, y, z, w = q
    tx, ty, tz = 2.0 * (y * v[2] - z * v[1]), 2.0 * (z * v[0] - x * v[2]), 2.0 * (x * v[1] - y * v[0])
    turned = [
        v[0] + w * tx + (y * tz - z * ty),
        v[1] + w * ty + (z * tx - x * tz),
        v[2] + w * tz + (x * ty - y * tx),
    ]
    return np.stack(turned)


def _largest_eigenvector(s: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Eigenvector [x, y, z, w], w >= 0, and largest eigenvalue (B,) of Horn's matrix of the correlation s (3, 3, B)."""
    rows = [  # in the order w, x, y, z
        [s[0, 0] + s[1, 1] + s[2, 2], s[1, 2] - s[2, 1], s[2, 0] - s[0, 2], s[0, 1] - s[1, 0]],
        [s[1, 2] - s[2, 1], s[0, 0] - s[1, 1] - s[2, 2], s[0, 1] + s[1, 0], s[2, 0] + s[0, 2]],
        [s[2, 0] - s[0, 2], s[0, 1] + s[1, 0], s[1, 1] - s[0, 0] - s[2, 2], s[1, 2] + s[2, 1]],
        [s[0, 1] - s[1, 0], s[2, 0] + s[0, 2], s[1, 2] + s[2, 1], s[2, 2] - s[0, 0] - s[1, 1]],
    ]
    matrix = np.stack([entry for row in rows for entry in row], axis=-1)
    values, vectors = np.linalg.eigh(matrix.reshape(-1, 4, 4))
    w, x, y, z = (vectors[:, i, 3] for i in range(4))
    sign = np.where(w < 0.0, -np.ones_like(w), np.ones_like(w))
    return [sign * x, sign * y, sign * z, sign * w], values[:, 3]
