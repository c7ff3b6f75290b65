"""Torque commands on their way to the motors: checked, aged, turned into demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inhand_drivers.hand.layout import DEMAND_MAX, N_MOTORS


@dataclass(frozen=True)
class _Taken:
    demand: np.ndarray
    at: float
    sensors_sequence: int


class CommandBox:
    """The newest torque command. One thread puts commands in, another asks for demands.

    Args:
        full_scale: torque (20,) [N m] at a demand of 1023.
        timeout_s: a command is followed for this long after it came, and only if it was computed from sensors that
            were published no longer ago [s].
        sensors_rate: rate of the sensors that commands are computed from [Hz].
        clock: time that never goes back [s].

    Attributes:
        refused: commands that were not taken, by reason.
    """

    def __init__(
        self, full_scale: np.ndarray, timeout_s: float, sensors_rate: float, clock: Callable[[], float]
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._full_scale, self._timeout, self._clock = full_scale, timeout_s, clock
        self._lag = round(timeout_s * sensors_rate)
        self._taken: _Taken | None = None

    def put(self, torque: np.ndarray, sensors_sequence: int, newest_sequence: int) -> None:
        """Takes a command.

        Args:
            torque: (20,) [N m].
            sensors_sequence: number of the sensors that it was computed from.
            newest_sequence: number of the newest sensors that were published.
        """
        if np.shape(torque) != (N_MOTORS,):
            self.refused["size"] += 1
        elif not np.all(np.isfinite(torque)):
            self.refused["not finite"] += 1
        elif np.any(np.abs(torque) > self._full_scale * (1.0 + 1e-9)):
            self.refused["out of range"] += 1
        elif not newest_sequence - self._lag <= sensors_sequence <= newest_sequence:
            self.refused["computed from other sensors"] += 1
        else:
            demand = np.round(np.asarray(torque) / self._full_scale * DEMAND_MAX).astype(np.int64)
            self._taken = _Taken(demand, self._clock(), sensors_sequence)

    def forget(self) -> None:
        """Follows no command until the next one comes."""
        self._taken = None

    def demand(self, newest_sequence: int) -> np.ndarray | None:
        """Demands (20,) [counts] to follow now; None where no command is fresh."""
        taken = self._taken
        if taken is None or self._clock() - taken.at > self._timeout:
            return None
        return taken.demand if newest_sequence - taken.sensors_sequence <= self._lag else None
