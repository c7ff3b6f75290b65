"""Frames of the server's clock and LED ids into numbered, stamped markers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_drivers.clock import ClockMap
from inhand_drivers.phasespace.config import PhaseSpaceConfig, marker_indices
from inhand_drivers.phasespace.frames import Frame, FrameNumbers, MarkerMap
from inhand_drivers.phasespace.packets import TIME_BASE_HZ

EARLY_S, PAST_S = 0.05, 1.0
"""A frame's time may be this far ahead of its arrival [s], and this far behind the newest frame [s]."""


@dataclass(frozen=True)
class StampedMarkers:
    """What goes out: the signal (1, M), its stamp [ns, the host clock's], its number."""

    markers: Markers
    stamp_ns: int
    sequence: int


class FrameConverter:
    """Frames to stamped markers. Stamps are server times mapped to the host's clock; they never go back.

    A header's time is not covered by its checksum. A frame from the future, or from long ago, is refused, unless the
    next one agrees with it: then the server's clock was set.

    Attributes:
        numbers, markers, clock: the three parts.
        frames: converted so far; repeated: left out, not newer than the last; implausible: refused for their time.
        delay_s: how late the last frame came [s].
    """

    def __init__(self, config: PhaseSpaceConfig) -> None:
        self.numbers = FrameNumbers(config.rate)
        self.markers = MarkerMap(marker_indices(config.markers))
        self.clock = ClockMap(window_s=config.clock_window_s)
        self.frames = self.repeated = self.implausible = 0
        self.delay_s = 0.0
        self._origin: tuple[int, int] | None = None
        self._suspect: tuple[float, float] | None = None
        self._last_s = -math.inf
        self._stamp = -1

    def connected(self, rate: float) -> None:
        """A new connection, whose server sends `rate` frames a second and may have been restarted; numbers go on."""
        self.numbers.restart(rate)
        self.clock.reset()
        self._origin, self._last_s, self._suspect = None, -math.inf, None

    def convert(self, frame: Frame, host_ns: int) -> StampedMarkers | None:
        """The message of a frame heard at `host_ns`; None for one whose time is refused, or not newer than the last."""
        if self._origin is None:
            self._origin = frame.time, host_ns
        device = (frame.time - self._origin[0]) / TIME_BASE_HZ
        host = (host_ns - self._origin[1]) / NANOSECONDS
        if not self._plausible(device, host):
            self.implausible += 1
            return None
        if (number := self.numbers.next(frame.time)) is None:
            self.repeated += 1
            return None
        self._last_s = device
        self.clock.add(device, host)
        self.delay_s = self.clock.delay(device, host)
        stamp = self._origin[1] + round(self.clock.to_host(device) * NANOSECONDS)
        self._stamp = max(stamp, self._stamp + 1)
        self.frames += 1
        return StampedMarkers(self.markers.apply(frame.markers), self._stamp, number)

    def _plausible(self, device: float, host: float) -> bool:
        if not self.clock.ready:
            return True
        if self.clock.delay(device, host) > -EARLY_S and device > self._last_s - PAST_S:
            self._suspect = None
            return True
        before, self._suspect = self._suspect, (device, host)
        if before is None or abs((device - before[0]) - (host - before[1])) > EARLY_S:
            return False
        self.clock.reset()
        self.numbers.restart(self.numbers.rate)
        self._suspect = None
        return True
