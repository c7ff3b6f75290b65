"""Rigid poses as homogeneous matrices (…, 4, 4): points of the child's frame into the parent's; metres.

Also positions and quaternions (x, y, z, w) from elsewhere: made sound, or refused in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inhand_core import rotations

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


def to_matrix(position: np.ndarray, orientation: np.ndarray) -> np.ndarray:
    """The pose (…, 4, 4) of position (…, 3) [m] and orientation (…, 4) of unit length."""
    turn = rotations.to_matrix(np.asarray(orientation, float))
    matrix = np.zeros((*turn.shape[:-2], 4, 4))
    matrix[..., :3, :3], matrix[..., :3, 3], matrix[..., 3, 3] = turn, position, 1.0
    return matrix


def from_matrix(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position (…, 3) and orientation (…, 4), w >= 0, of poses (…, 4, 4)."""
    return matrix[..., :3, 3], rotations.from_matrix(matrix[..., :3, :3])


def relative(base: np.ndarray, child: np.ndarray) -> np.ndarray:
    """The pose (…, 4, 4) of `child` as seen from `base`, both given in one parent frame."""
    return np.linalg.inv(base) @ child


def in_root(frame: str, frames: Mapping[str, tuple[str, np.ndarray]], root: str = "world") -> np.ndarray | None:
    """The pose (4, 4) of `frame` in `root` through a tree: parent and pose, parent from child, by child frame.

    Returns:
        None where the chain does not reach the root.
    """
    steps: list[np.ndarray] = []
    while frame != root:
        if frame not in frames or len(steps) > len(frames):
            return None
        frame, step = frames[frame]
        steps.insert(0, step)
    found = np.eye(4)
    for step in steps:
        found = found @ step
    return found
