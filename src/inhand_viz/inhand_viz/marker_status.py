"""Which markers are seen, which are held at their last place, and which are lost; with the colours that say so."""

from __future__ import annotations

import enum

import numpy as np


class Seen(enum.IntEnum):
    """How far a marker can be trusted."""

    SEEN = 0
    HELD = 1
    LOST = 2


COLORS = {Seen.SEEN: (46, 204, 113), Seen.HELD: (243, 156, 18), Seen.LOST: (231, 76, 60)}
"""Red, green, blue in 0 … 255 of each state."""


def colors(status: np.ndarray) -> np.ndarray:
    """(n, 3) uint8 colours of (n,) states."""
    table = np.array([COLORS[state] for state in Seen], dtype=np.uint8)
    return table[np.asarray(status, dtype=int)]


def by_age(valid: np.ndarray, age: np.ndarray, lost_after_s: float) -> np.ndarray:
    """(n,) states from (n,) validity and (n,) age [s]: held until `lost_after_s`, then lost."""
    return np.where(valid, Seen.SEEN, np.where(np.asarray(age) <= lost_after_s, Seen.HELD, Seen.LOST))


class MarkerAges:
    """Remembers when each marker was last seen, and says how far it can be trusted.

    Args:
        lost_after_s: a marker not seen for longer [s] counts as lost, before that as held.
    """

    def __init__(self, lost_after_s: float) -> None:
        self._lost_after_s = lost_after_s
        self._last_seen = np.zeros(0)

    def update(self, condition: np.ndarray, time_s: float) -> np.ndarray:
        """(n,) states for one frame of capture.

        Args:
            condition: (n,) condition numbers, <= 0 where the marker is lost.
            time_s: of the frame [s]; when it goes back or n changes, all is forgotten.
        """
        condition = np.asarray(condition)
        if len(condition) != len(self._last_seen) or (self._last_seen > time_s).any():
            self._last_seen = np.full(len(condition), -np.inf)
        self._last_seen[condition > 0] = time_s
        return by_age(condition > 0, time_s - self._last_seen, self._lost_after_s)
