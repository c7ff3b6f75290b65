"""When a frame was taken: the camera's own time stamp on the host's clock, or the host's time where it has none.

A Basler USB3 camera stamps the start of the exposure with a counter of 1 ns (chunk `Timestamp`, else the time stamp of
the buffer). Its clock is compared with the host's by latching it between two readings of the host's; a camera that
cannot be latched is compared by when its frames arrive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pypylon import genicam

from inhand_core.times import nanoseconds, seconds
from inhand_drivers.basler import features
from inhand_drivers.clock import ClockMap

LATCH_PERIOD_NS = 1_000_000_000


class Stamper:
    """Stamps the frames of one camera.

    Args:
        nodes: the camera's features.
        now_ns: the host's clock [ns].
    """

    def __init__(self, nodes: Any, now_ns: Callable[[], int]) -> None:
        self.source = "unknown"
        self._nodes = nodes
        self._now_ns = now_ns
        self._clock = ClockMap()
        self._latched_ns = 0
        self._ticks_per_s = _tick_rate(nodes)
        self._latch = features.find(nodes, "TimestampLatch") if features.find(nodes, "TimestampLatchValue") else None

    def prepare(self) -> None:
        """Switches the time stamp on in every frame, where the camera can; to be called before grabbing starts."""
        if features.find(self._nodes, "ChunkSelector") is None:
            return
        with contextlib.suppress(features.CameraError, genicam.GenericException):
            self._nodes.GetNode("ChunkModeActive").SetValue(True)
            features.set_choice(self._nodes, "ChunkSelector", "Timestamp")
            self._nodes.GetNode("ChunkEnable").SetValue(True)

    def stamp(self, result: Any, taken_ns: int, arrived_ns: int) -> int:
        """Time of a frame's exposure on the host's clock [ns].

        Args:
            result: pylon's grab result.
            taken_ns: what the host knows: when it triggered, else when the frame arrived [ns].
            arrived_ns: when the frame arrived [ns].
        """
        ticks = _device_ticks(result)
        if not ticks:
            self.source = "host"
            return taken_ns
        self.source = "device"
        device_s = ticks / self._ticks_per_s
        if self._latch is None:
            self._clock.add(device_s, seconds(arrived_ns))
        elif arrived_ns - self._latched_ns > LATCH_PERIOD_NS:
            self._compare(self._latch, arrived_ns)
        return nanoseconds(self._clock.to_host(device_s))

    def _compare(self, latch: Any, arrived_ns: int) -> None:
        before = self._now_ns()
        latch.Execute()
        after = self._now_ns()
        ticks = self._nodes.GetNode("TimestampLatchValue").GetValue()
        self._clock.add(ticks / self._ticks_per_s, 0.5e-9 * (before + after))
        self._latched_ns = arrived_ns


def _device_ticks(result: Any) -> int:
    """The time stamp of a frame in ticks; 0 where the camera gives none."""
    with contextlib.suppress(genicam.GenericException, AttributeError):
        if result.IsChunkDataAvailable() and genicam.IsReadable(result.ChunkTimestamp):
            return int(result.ChunkTimestamp.GetValue())
    return int(result.GetTimeStamp())


def _tick_rate(nodes: Any) -> float:
    """Ticks a second of the camera's clock: USB3 Vision counts ns, GigE Vision says it."""
    node = features.find(nodes, "GevTimestampTickFrequency")
    return float(node.GetValue()) if node is not None else 1e9
