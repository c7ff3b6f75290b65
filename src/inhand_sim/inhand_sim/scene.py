"""Where the object starts and when it counts as dropped, for positions in the world frame."""

from __future__ import annotations

import numpy as np

from inhand_core import rotations
from inhand_description import DROP, START
from inhand_sim.layout import Layout


def start_position(layout: Layout) -> np.ndarray:
    """Where the object is let go (3,) [m, world]."""
    offset = rotations.rotate(layout.base_orientation, np.array(START.object_position))
    return layout.base_position + offset


def is_dropped(layout: Layout, position: np.ndarray) -> np.ndarray:
    """(B,) bool: the object's centre, at position (B, 3) [m, world], has left the box around the hand."""
    local = rotations.rotate(rotations.conjugate(layout.base_orientation)[None], position - layout.base_position)
    return ((local < np.array(DROP.lower)) | (local > np.array(DROP.upper))).any(axis=1)
