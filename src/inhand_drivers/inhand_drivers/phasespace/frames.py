"""From one frame of the wire to the markers of /mocap/markers: LED ids to indices, mm to m, lost ones kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_drivers.phasespace.packets import MARKER, TIME_BASE_HZ, Packet, PacketType

MM = 1e-3
FARTHEST_M = 100.0
"""No capture volume is larger [m]: what is further away is a broken number."""
NOT_SEEN = -1.0
"""Condition of a marker that a frame does not list at all."""


@dataclass(frozen=True)
class Frame:
    """One frame: `time` in ticks of the server's time base, `markers` (n,) records of `packets.MARKER`."""

    time: int
    markers: np.ndarray

    @property
    def time_ns(self) -> int:
        """`time` in ns."""
        return self.time * NANOSECONDS // TIME_BASE_HZ


def frame_of(packet: Packet) -> Frame | None:
    """The frame that a packet is; None for packets of other types.

    A frame whose markers come in several lists has them joined.
    """
    if packet.header.type != PacketType.FRAME:
        return None
    children = (child for child in packet.children if child.header.type == PacketType.MARKER)
    lists = [child.values for child in children if child.values is not None]
    return Frame(packet.header.time, np.concatenate(lists) if lists else np.empty(0, MARKER))


class FrameNumbers:
    """Numbers frames from their times, so that a gap in the numbers is a lost frame.

    Frames carry no number. Two that follow each other are one period apart; the number goes up by the whole periods
    between them, by one at least.

    Args:
        rate: frames a second [Hz].

    Attributes:
        rate: frames a second [Hz].
        lost: frames that were left out so far.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._time: int | None = None
        self._number = -1
        self.lost = 0

    def next(self, time: int) -> int | None:
        """The number of a frame at `time` [ticks]; None for one not newer than the last: sent twice, or late."""
        if self._time is None:
            steps = 1
        elif time <= self._time:
            return None
        else:
            steps = max(1, round((time - self._time) * self.rate / TIME_BASE_HZ))
            self.lost += steps - 1
        self._time = time
        self._number += steps
        return self._number

    def restart(self, rate: float) -> None:
        """The next frame comes from a new connection at `rate`: numbers go on, the time between is nobody's loss."""
        self.rate = rate
        self._time = None


class MarkerMap:
    """Marker positions by index, kept while they are lost.

    Args:
        indices: index in /mocap/markers by LED id, see `config.marker_indices`.

    Attributes:
        unknown: markers in frames so far whose LED id is not in the map.
        lost_now: markers that the last frame does not show.
    """

    def __init__(self, indices: Mapping[int, int]) -> None:
        self._ids = np.array(sorted(indices), np.int64)
        self._index = np.array([indices[led] for led in self._ids.tolist()])
        self._position = np.zeros((1, len(indices), 3))
        self.unknown = self.lost_now = 0

    def apply(self, markers: np.ndarray) -> Markers:
        """Markers (1, M) [m, world] of a frame's (n,) records.

        A marker with a condition <= 0, one that is not listed, one whose numbers are not finite and one that is beyond
        any capture volume is lost: it keeps its last position (the origin before the first) and gets a condition <= 0.
        Of an id listed twice the first counts.
        """
        condition = np.full((1, len(self._index)), NOT_SEEN)
        if markers.size:
            records = markers["id"].astype(np.int64)
            place = np.minimum(np.searchsorted(self._ids, records), len(self._ids) - 1)
            known = self._ids[place] == records
            self.unknown += int(records.size - known.sum())
            rows = np.flatnonzero(known)[::-1]  # of equal ids the first is written last, and stays
            index = self._index[place[rows]]
            with np.errstate(invalid="ignore"):  # signalling NaNs are no news: they are lost markers
                position = markers["position"][rows].astype(np.float64)
                seen = markers["condition"][rows].astype(np.float64)
            fine = (np.abs(position) <= FARTHEST_M / MM).all(axis=1) & np.isfinite(seen)  # NaN is not <=
            seen = np.where(fine, seen, NOT_SEEN)
            condition[0, index] = seen
            visible = (condition[0, index] > 0.0) & (seen > 0.0)
            self._position[0, index[visible]] = position[visible] * MM
        self.lost_now = int((condition <= 0.0).sum())
        return Markers(self._position.copy(), condition)
