"""How far apart in time the cameras' frames of one moment are."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from inhand_core.times import seconds


class SkewMeter:
    """Matches the newest frames of all cameras and keeps the spread of their stamps.

    Args:
        cameras: names of the cameras.
        period_s: time between two frames of one camera; frames that are further apart than half of it are not of one
            moment [s].
    """

    def __init__(self, cameras: Sequence[str], period_s: float) -> None:
        self.period_s = period_s
        self._cameras = tuple(cameras)
        self._newest: dict[str, int] = {}
        self._spreads: deque[float] = deque(maxlen=300)

    def add(self, camera: str, stamp_ns: int) -> float | None:
        """Takes a frame's stamp; returns the spread [s] when the frames of one moment are complete."""
        self._newest[camera] = stamp_ns
        if len(self._newest) < len(self._cameras):
            return None
        spread = seconds(max(self._newest.values()) - min(self._newest.values()))
        if spread > 0.5 * self.period_s:
            return None
        self._newest.clear()
        self._spreads.append(spread)
        return spread

    def percentiles_ms(self) -> tuple[float, float] | None:
        """Median and 99th percentile of the last 300 spreads [ms]; None before the first."""
        if not self._spreads:
            return None
        median, p99 = np.percentile(np.array(self._spreads) * 1e3, [50, 99])
        return float(median), float(p99)
