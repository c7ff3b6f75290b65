"""Rigid registration: the rotation and translation that best map a body's known points to where they are seen.

Horn's quaternion method ("Closed-form solution of absolute orientation using unit quaternions", 1987), in C++
(inhand_kernels): each row is worked out by itself, so that a row of a batch equals the row alone bit for bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inhand_kernels._kernels import register_rows


class Registration(NamedTuple):
    """rotation (B, 4) xyzw and position (B, 3) [m] of the body in the frame of the seen points; residual (B,) [m]."""

    rotation: np.ndarray
    position: np.ndarray
    residual: np.ndarray


def register(reference: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> Registration:
    """Finds q, t that minimise sum_i w_i |rotate(q, p_i) + t - s_i|^2 in each row.

    Args:
        reference: (M, 3) points p_i in the body's frame [m].
        seen: (B, M, 3) the same points where they are seen [m]; not read where the weight is 0.
        weight: (B, M) weights w_i >= 0; 0 leaves a point out.

    Returns:
        The registration; `residual` is the weighted root mean square distance, NaN where a point of positive weight is
        not finite. Rows whose points of positive weight do not fix a rotation (see `well_posed_subsets`) hold finite
        but meaningless values.
    """
    seen = np.ascontiguousarray(seen, np.float64)
    found = Registration(np.empty((len(seen), 4)), np.empty((len(seen), 3)), np.empty(len(seen)))
    points, weights = (np.ascontiguousarray(values, np.float64) for values in (reference, weight))
    register_rows(points, seen, weights, *found)
    return found


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
