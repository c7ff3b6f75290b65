"""Positions and quaternions from elsewhere: made sound, or refused in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHORTEST = 1e-3
"""Length of a quaternion below which it says nothing of a direction: filled with zeros, or with noise."""
FARTHEST = 100.0
"""Distance [m] beyond which nothing of this system is."""


class PoseError(ValueError):
    """A pose that cannot be used; the message says why."""


def sound_pose(position: Sequence[float], orientation: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Position (3,) [m] and orientation (4,) (x, y, z, w) of unit length.

    Raises:
        PoseError: NaN or infinity, a quaternion of length 0, or a position farther than `FARTHEST`.
    """
    p, q = np.array(position, float), np.array(orientation, float)
    if not (np.isfinite(p).all() and np.isfinite(q).all()):
        raise PoseError("NaN or infinity")
    length = float(np.linalg.norm(q))
    if length < SHORTEST:
        raise PoseError("quaternion of length 0")
    if float(np.abs(p).max()) > FARTHEST:
        raise PoseError(f"position beyond {FARTHEST:g} m")
    return p, q / length
