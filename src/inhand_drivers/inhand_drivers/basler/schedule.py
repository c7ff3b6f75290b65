"""When the cameras are triggered: the same moments for all of them."""

from __future__ import annotations

import math
import time

ROUNDING = 1e-6
"""Of a period: so close to a moment, the moment is over."""


class Schedule:
    """Moments `start + n · period` of the monotonic clock.

    Args:
        rate: moments a second [Hz].
    """

    def __init__(self, rate: float) -> None:
        self._start = time.monotonic()
        self.period = 1.0 / rate

    def set_rate(self, rate: float) -> None:
        """Another rate [Hz], from now on."""
        self._start, self.period = time.monotonic(), 1.0 / rate

    def after(self, now: float) -> float:
        """The first moment after `now` [s, monotonic clock]."""
        return self._start + (math.floor((now - self._start) / self.period + ROUNDING) + 1) * self.period
