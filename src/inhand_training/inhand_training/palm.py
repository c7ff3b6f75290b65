"""Where an object belongs, above the palm, and how the palm is tilted."""

from __future__ import annotations

import numpy as np

from inhand_core import rotations
from inhand_description import HAND_BASE, JOINT_INDEX, LOCKED_WRIST, START

_UP = rotations.rotate(rotations.conjugate(np.array([HAND_BASE.orientation])), np.array([[0.0, 0.0, 1.0]]))[0]


def palm_offset(position: np.ndarray) -> np.ndarray:
    """Horizontal distance (B,) [m] of objects at position (B, 3) [m, hand_base] from where episodes place them."""
    away = position - np.asarray(START.object_position)
    level = away - (away[:, 0] * _UP[0] + away[:, 1] * _UP[1] + away[:, 2] * _UP[2])[:, None] * _UP
    return rotations.norm(level)


def wrist_pitch(joint_position: np.ndarray) -> np.ndarray:
    """How far (B,) [rad] joints (B, 24) [rad] have the wrist's pitch from where a locked wrist is held."""
    ((name, held),) = LOCKED_WRIST.items()
    return joint_position[:, JOINT_INDEX[name]] - held
