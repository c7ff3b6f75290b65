"""A device's clock mapped to the host's, from pairs of times of which the host's is late by an unknown delay.

Host time is `offset + (1 + drift) · device time + delay` with delay >= 0. The least delayed pair of every interval
(a bin) is kept; drift is the median slope between the kept pairs (Theil and Sen), and the offset puts the line under
all of them, so that a mapped time is late by the smallest delay seen and no more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

MAX_DRIFT = 500e-6
"""Quartz clocks differ by far less; a larger slope is delay that grew, not drift."""
_MIN_BINS = 8


@dataclass
class _Bin:
    """Least delayed pair of an interval: device [s], lag = host - device [s]; the bin's first host time [s]."""

    device: float
    lag: float
    start: float


class ClockMap:
    """Maps device time [s] to host time [s].

    Args:
        window_s: how long a pair counts [s].
        bin_s: length of the intervals of which one pair is kept [s].
        fit_drift: estimate the drift; without, only the offset.
        jump_s: a pair that is off by more [s] means that the device's clock was set again; earlier pairs are dropped.

    Attributes:
        drift: by how much the device's seconds are longer than the host's, relative; 0 until it is known.
        resets: how often the device's clock was set again.
    """

    def __init__(
        self, window_s: float = 30.0, bin_s: float = 0.5, fit_drift: bool = True, jump_s: float = 0.25
    ) -> None:
        if not 0.0 < bin_s <= window_s or not jump_s > 0.0:
            raise ValueError(f"need 0 < bin_s <= window_s and jump_s > 0, have {bin_s}, {window_s}, {jump_s}")
        self._window, self._bin, self._fit_drift, self._jump = window_s, bin_s, fit_drift, jump_s
        self.resets = 0
        self.reset()

    def reset(self) -> None:
        """Forgets all pairs: what comes next is another clock."""
        self._bins: deque[_Bin] = deque()
        self._origin = 0.0
        self._offset = 0.0
        self.drift = 0.0
        self._device_last = -np.inf

    @property
    def ready(self) -> bool:
        """Whether there is a pair to go by."""
        return bool(self._bins)

    def add(self, device_s: float, host_s: float) -> None:
        """Takes a pair: something happened at `device_s` and was heard of at `host_s`."""
        lag = host_s - device_s
        early = self._bins and lag - (self.to_host(device_s) - device_s) < -self._jump
        late = self._bins and self._all_late(lag, device_s, host_s)
        if early or late or device_s < self._device_last - self._jump:
            self.reset()
            self.resets += 1
        self._device_last = max(self._device_last, device_s)
        if not self._bins or host_s - self._bins[-1].start >= self._bin:
            self._open_bin(device_s, lag, host_s)
        elif lag < self._bins[-1].lag:
            self._bins[-1].device, self._bins[-1].lag = device_s, lag
            self._lower(device_s, lag)

    def to_host(self, device_s: float) -> float:
        """Host time [s] of a device time [s]; meaningless before the first pair."""
        return device_s + self._offset + self.drift * (device_s - self._origin)

    def delay(self, device_s: float, host_s: float) -> float:
        """How much later [s] than the least delayed ones a pair came."""
        return host_s - self.to_host(device_s)

    def _all_late(self, lag: float, device_s: float, host_s: float) -> bool:
        """Whether the last bin is over and its least delay was beyond `jump_s`: no message is that late that long."""
        newest = self._bins[-1]
        over = host_s - newest.start >= self._bin
        return over and newest.lag - (self.to_host(newest.device) - newest.device) > self._jump < self.delay(
            device_s, host_s
        )

    def _open_bin(self, device_s: float, lag: float, host_s: float) -> None:
        while self._bins and host_s - self._bins[0].start > self._window:
            self._bins.popleft()
        if not self._bins:
            self._origin, self._offset = device_s, lag
        else:
            self._fit()
        self._bins.append(_Bin(device_s, lag, host_s))
        self._lower(device_s, lag)

    def _lower(self, device_s: float, lag: float) -> None:
        """Puts the line under a pair that came earlier than it says."""
        self._offset = min(self._offset, lag - self.drift * (device_s - self._origin))

    def _fit(self) -> None:
        device = np.array([b.device for b in self._bins])
        lag = np.array([b.lag for b in self._bins])
        if self._fit_drift and len(device) >= _MIN_BINS:
            first, second = np.triu_indices(len(device), 1)
            apart = device[second] - device[first]
            slopes = (lag[second] - lag[first])[apart > 0.0] / apart[apart > 0.0]
            self.drift = float(np.clip(np.median(slopes), -MAX_DRIFT, MAX_DRIFT)) if slopes.size else 0.0
        self._origin = float(device[0])
        self._offset = float((lag - self.drift * (device - self._origin)).min())
