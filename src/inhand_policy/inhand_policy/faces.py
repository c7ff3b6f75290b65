"""Orientations in which a face of the object points up, as the authors' later environment draws its goals."""

from __future__ import annotations

import numpy as np

from inhand_core import rotations
from inhand_description.objects import OBJECTS
from inhand_description.scene import HAND_BASE

UP = rotations.rotate(rotations.conjugate(np.array(HAND_BASE.orientation)), np.array([0.0, 0.0, 1.0]))
"""The world's up in hand_base (3,): out of the palm, which lies level."""


def faces_up(object_name: str) -> np.ndarray:
    """One orientation (faces, 4) in hand_base for each face of an object, which points up in it.

    Turned about `UP` by any angle they are all of that kind: for the block what the 24 orientations aligned with the
    axes are, times any yaw.
    """
    return np.array([_turn(np.array(face.normal), UP) for face in OBJECTS[object_name].faces])


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The shortest rotation (4,) from the unit vector a (3,) to b (3,); about any axis where they are opposite."""
    axis, cosine = np.cross(a, b), float(a @ b)
    if np.linalg.norm(axis) < 1e-9:
        across = np.cross(a, np.eye(3)[np.abs(a).argmin()])
        return rotations.from_axis_angle(across / np.linalg.norm(across), np.array(0.0 if cosine > 0.0 else np.pi))
    return rotations.from_axis_angle(axis / np.linalg.norm(axis), np.arctan2(np.linalg.norm(axis), cosine))
