"""Rigid registration: the rotation and translation that best map a body's known points to where they are seen.

Horn's quaternion method ("Closed-form solution of absolute orientation using unit quaternions", 1987): the rotation is
the eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix. The eigenvalue comes from a fixed number of
Newton steps on the characteristic polynomial, started above it (Theobald, "Rapid calculation of RMSDs using a
quaternion-based characteristic polynomial", 2005), the eigenvector from the adjugate. Everything is elementwise over
the batch with sums written out, so that a row equals the row alone bit for bit, and no LAPACK call is made per row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

Array = Any

# From exact points the start is the root itself; from points 5 mm off it is 1 % above, and 4 steps reach 1e-15; the
# rest is reserve.
_NEWTON_STEPS = 8


class Registration(NamedTuple):
    """rotation (B, 4) xyzw and position (B, 3) [m] of the body in the frame of the seen points; residual (B,) [m]."""

    rotation: Array
    position: Array
    residual: Array


def register(reference: Array, seen: Array, weight: Array) -> Registration:
    """Finds q, t that minimise sum_i w_i |rotate(q, p_i) + t - s_i|^2 in each row.

    Args:
        reference: (M, 3) points p_i in the body's frame [m].
        seen: (B, M, 3) the same points where they are seen, finite [m].
        weight: (B, M) weights w_i >= 0; 0 leaves a point out.

    Returns:
        The registration; `residual` is the weighted root mean square distance. Rows whose points of positive weight
        do not fix a rotation (see `well_posed_subsets`) hold finite but meaningless values.
    """
    xp = array_namespace(seen)
    p, s, w = reference[..., None], xp.permute_dims(seen, (1, 2, 0)), xp.permute_dims(weight, (1, 0))
    s, w = xp.asarray(s, copy=True), xp.asarray(w, copy=True, dtype=seen.dtype)  # contiguous along the batch
    total = _sum(w)
    share = w / xp.where(total > 0.0, total, xp.ones_like(total))
    p_mean, s_mean = _sum(share[:, None] * p), _sum(share[:, None] * s)
    p, s = p - p_mean, s - s_mean
    correlation = _sum((share[:, None] * p)[:, :, None] * s[:, None, :])  # (3, 3, B): [a][b] = sum_i w_i p_ia s_ib
    spread = _sum(share * (_dot(p[:, 0], p[:, 0], p[:, 1], p[:, 1], p[:, 2], p[:, 2])))
    spread = 0.5 * (spread + _sum(share * _dot(s[:, 0], s[:, 0], s[:, 1], s[:, 1], s[:, 2], s[:, 2])))
    safe = xp.where(spread > 0.0, spread, xp.ones_like(spread))
    rotation, eigenvalue = _largest_eigenvector(correlation / safe)
    mean_square = 2.0 * safe * (1.0 - eigenvalue)
    residual = xp.sqrt(xp.where(mean_square > 0.0, mean_square, xp.zeros_like(mean_square)))
    position = s_mean - _rotate(rotation, p_mean)
    return Registration(xp.stack(rotation, axis=-1), xp.permute_dims(position, (1, 0)), residual)


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


def _sum(terms: Array) -> Array:
    """Sum over the first axis in index order."""
    total = terms[0]
    for i in range(1, terms.shape[0]):
        total = total + terms[i]
    return total


def _dot(*pairs: Array) -> Array:
    """a0 b0 + a1 b1 + … of a0, b0, a1, b1, …."""
    total = pairs[0] * pairs[1]
    for i in range(2, len(pairs), 2):
        total = total + pairs[i] * pairs[i + 1]
    return total


def _rotate(q: list[Array], v: Array) -> Array:
    """v (3, B) rotated by the quaternion components q = [x, y, z, w], each (B,)."""
    x, y, z, w = q
    tx, ty, tz = 2.0 * (y * v[2] - z * v[1]), 2.0 * (z * v[0] - x * v[2]), 2.0 * (x * v[1] - y * v[0])
    turned = [
        v[0] + w * tx + (y * tz - z * ty),
        v[1] + w * ty + (z * tx - x * tz),
        v[2] + w * tz + (x * ty - y * tx),
    ]
    return array_namespace(v).stack(turned, axis=0)


def _largest_eigenvector(s: Array) -> tuple[list[Array], Array]:
    """Largest eigenvalue (B,) of Horn's matrix of the correlation s (3, 3, B) and its eigenvector [x, y, z, w].

    s must be scaled so that 1 is an upper bound of the eigenvalue.
    """
    xp = array_namespace(s)
    n = _horn_matrix(s)
    squares = _dot(*(s[a, b] for a in range(3) for b in range(3) for _ in range(2)))
    c2, c1, c0 = -2.0 * squares, -8.0 * _determinant3(s), _determinant4(n)
    value = xp.ones_like(c0)
    for _ in range(_NEWTON_STEPS):  # P(v) = v^4 + c2 v^2 + c1 v + c0
        square = value * value
        slope = 4.0 * square * value + 2.0 * c2 * value + c1
        step = (square * square + c2 * square + c1 * value + c0) / xp.where(slope > 0.0, slope, xp.ones_like(slope))
        value = xp.where(slope > 0.0, value - step, value)
    return _null_vector(n, value), value


def _horn_matrix(s: Array) -> dict[tuple[int, int], Array]:
    """Upper triangle of Horn's 4 x 4 matrix, rows in the order w, x, y, z."""
    return {
        (0, 0): s[0, 0] + s[1, 1] + s[2, 2],
        (0, 1): s[1, 2] - s[2, 1],
        (0, 2): s[2, 0] - s[0, 2],
        (0, 3): s[0, 1] - s[1, 0],
        (1, 1): s[0, 0] - s[1, 1] - s[2, 2],
        (1, 2): s[0, 1] + s[1, 0],
        (1, 3): s[2, 0] + s[0, 2],
        (2, 2): s[1, 1] - s[0, 0] - s[2, 2],
        (2, 3): s[1, 2] + s[2, 1],
        (3, 3): s[2, 2] - s[0, 0] - s[1, 1],
    }


def _determinant3(s: Array) -> Array:
    return (
        s[0, 0] * (s[1, 1] * s[2, 2] - s[1, 2] * s[2, 1])
        - s[0, 1] * (s[1, 0] * s[2, 2] - s[1, 2] * s[2, 0])
        + s[0, 2] * (s[1, 0] * s[2, 1] - s[1, 1] * s[2, 0])
    )


def _minors(a: Array, b: Array) -> dict[tuple[int, int], Array]:
    """2 x 2 minors of two rows (lists of 4) over every pair of columns."""
    return {(i, j): a[i] * b[j] - a[j] * b[i] for i in range(4) for j in range(i + 1, 4)}


def _rows(n: dict[tuple[int, int], Array]) -> list[list[Array]]:
    return [[n[min(i, j), max(i, j)] for j in range(4)] for i in range(4)]


def _determinant4(n: dict[tuple[int, int], Array]) -> Array:
    """Determinant by Laplace's expansion in the first two rows."""
    m = _rows(n)
    u, v = _minors(m[0], m[1]), _minors(m[2], m[3])
    return (
        u[0, 1] * v[2, 3]
        - u[0, 2] * v[1, 3]
        + u[0, 3] * v[1, 2]
        + u[1, 2] * v[0, 3]
        - u[1, 3] * v[0, 2]
        + u[2, 3] * v[0, 1]
    )


def _null_vector(n: dict[tuple[int, int], Array], value: Array) -> list[Array]:
    """Unit eigenvector [x, y, z, w] of n for `value`: the longest column of the adjugate of n - value."""
    xp = array_namespace(value)
    m = _rows({key: entry - value if key[0] == key[1] else entry for key, entry in n.items()})
    u, v = _minors(m[0], m[1]), _minors(m[2], m[3])
    adjugate = {  # cofactors, symmetric
        (0, 0): m[1][1] * v[2, 3] - m[1][2] * v[1, 3] + m[1][3] * v[1, 2],
        (0, 1): -(m[1][0] * v[2, 3] - m[1][2] * v[0, 3] + m[1][3] * v[0, 2]),
        (0, 2): m[1][0] * v[1, 3] - m[1][1] * v[0, 3] + m[1][3] * v[0, 1],
        (0, 3): -(m[1][0] * v[1, 2] - m[1][1] * v[0, 2] + m[1][2] * v[0, 1]),
        (1, 1): m[0][0] * v[2, 3] - m[0][2] * v[0, 3] + m[0][3] * v[0, 2],
        (1, 2): -(m[0][0] * v[1, 3] - m[0][1] * v[0, 3] + m[0][3] * v[0, 1]),
        (1, 3): m[0][0] * v[1, 2] - m[0][1] * v[0, 2] + m[0][2] * v[0, 1],
        (2, 2): m[3][0] * u[1, 3] - m[3][1] * u[0, 3] + m[3][3] * u[0, 1],
        (2, 3): -(m[2][0] * u[1, 3] - m[2][1] * u[0, 3] + m[2][3] * u[0, 1]),
        (3, 3): m[2][0] * u[1, 2] - m[2][1] * u[0, 2] + m[2][2] * u[0, 1],
    }
    columns = _rows(adjugate)
    best, size = columns[0], xp.abs(adjugate[0, 0])
    for i in range(1, 4):
        take = xp.abs(adjugate[i, i]) > size
        best = [xp.where(take, columns[i][j], best[j]) for j in range(4)]
        size = xp.where(take, xp.abs(adjugate[i, i]), size)
    length = xp.sqrt(_dot(best[0], best[0], best[1], best[1], best[2], best[2], best[3], best[3]))
    found = length > 1e-30
    safe = xp.where(found, length, xp.ones_like(length))
    zero = xp.zeros_like(length)
    w, x, y, z = (xp.where(found, entry / safe, zero) for entry in best)
    w = xp.where(found, w, zero + 1.0)
    flip = w < 0.0
    return [xp.where(flip, -entry, entry) for entry in (x, y, z, w)]
