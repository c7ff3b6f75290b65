"""Where the markers sit and where the palm ends, from the tables of inhand_description, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core.signals import N_FINGERTIPS
from inhand_description.markers import markers
from inhand_description.scene import DROP


@dataclass(frozen=True)
class MarkerLayout:
    """Indices into the markers' axis, and the places of those that are fixed to a rigid body.

    Attributes:
        count: markers in a frame.
        fingertips: ff, mf, rf, lf, th.
        hand, hand_positions: base markers, (n, 3) in hand_base [m].
        object, object_positions: the object's markers, (n, 3) in its own frame [m].
    """

    count: int
    fingertips: slice
    hand: slice
    hand_positions: np.ndarray
    object: slice
    object_positions: np.ndarray


def marker_layout(object_name: str) -> MarkerLayout:
    """Layout of the markers of the hand and the object of that name."""
    rows = markers(object_name)
    hand = [row for row in rows if row.body == "hand_base"]
    body = [row for row in rows if row.body == "object"]
    return MarkerLayout(
        count=len(rows),
        fingertips=slice(0, N_FINGERTIPS),
        hand=slice(hand[0].id, hand[-1].id + 1),
        hand_positions=np.array([row.position for row in hand], np.float64),
        object=slice(body[0].id, body[-1].id + 1),
        object_positions=np.array([row.position for row in body], np.float64),
    )


def off_palm(position: np.ndarray) -> np.ndarray:
    """Whether objects at position (B, 3) [m, hand_base] have left the region above the palm; (B,) bool."""
    lower, upper = np.asarray(DROP.lower), np.asarray(DROP.upper)
    return np.any((position < lower) | (position > upper), axis=-1)
