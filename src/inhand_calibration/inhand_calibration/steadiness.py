"""Where a recording goes on without a break: nothing is interpolated, and no window lies, across a discontinuity.

A simulator's reset puts joints elsewhere between two readings; a driver that starts again leaves a gap. Between such
readings every angle is wrong.
"""

from __future__ import annotations

import numpy as np

MAX_SPEED = 40.0
"""Speed [rad/s] beyond any joint's of this hand, whose motors turn 1 rad in 0.1 s; the rest is for noise."""
MAX_GAP = 3.0
"""An interval of this many median periods is a gap."""
GUARD_S = 0.05
"""What is nearer to a break than this [s] is left out, too: devices' stamps may differ, and bodies fall into place."""


def breaks(time: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Intervals (K, 2) [s] within which a recording breaks.

    Args:
        time: (N,) rising [s] of readings.
        angles: (N, J) [rad] of the joints.
    """
    if len(time) < 3:
        return np.zeros((0, 2))
    steps = np.diff(time)
    speed = np.abs(np.diff(angles, axis=0)).max(axis=1) / steps
    # A short interval makes a coarse reading look fast; a jump is one by its size as well.
    usual = np.median(steps)
    jumps = (speed > MAX_SPEED) & (np.abs(np.diff(angles, axis=0)).max(axis=1) > MAX_SPEED * 0.5 * usual)
    at = np.flatnonzero(jumps | (steps > MAX_GAP * usual))
    return np.stack([time[at], time[at + 1]], axis=-1)


def clear_of(found: np.ndarray, begin: np.ndarray, end: np.ndarray | None = None) -> np.ndarray:
    """Which moments (n,) [s], or intervals from `begin` to `end` (n,), keep `GUARD_S` away from all breaks (K, 2)."""
    end = begin if end is None else end
    hit = (begin[:, None] <= found[None, :, 1] + GUARD_S) & (end[:, None] >= found[None, :, 0] - GUARD_S)
    return np.logical_not(hit.any(axis=1))


def spans(times: np.ndarray, join_s: float = 1.0, most: int = 5) -> str:
    """Times [s] as a few intervals in words, the first ones, to be found in the recording."""
    times = np.sort(times)
    ends = np.flatnonzero(np.diff(times) > join_s)
    first, last = times[np.concatenate([[0], ends + 1])], times[np.concatenate([ends, [len(times) - 1]])]
    words = [f"{a:.2f}" if b - a < 0.01 else f"{a:.2f} to {b:.2f}" for a, b in zip(first, last)]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
