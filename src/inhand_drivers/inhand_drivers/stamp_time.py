"""The time that an emulated device goes by."""

from __future__ import annotations

import time

from inhand_core.times import seconds


class StampTime:
    """What an emulated device's time-outs count in: where all is simulated, the time that its inputs have seen.

    Args:
        simulated: whether it is; else the steady clock counts.
    """

    def __init__(self, simulated: bool) -> None:
        self._simulated = simulated
        self._span_ns: tuple[int, int] | None = None

    def seen(self, stamp_ns: int) -> None:
        """An input with that stamp has come."""
        self._span_ns = (stamp_ns if self._span_ns is None else self._span_ns[0], stamp_ns)

    def seconds(self) -> float:
        """The time [s]; may be called from any thread."""
        if not self._simulated:
            return time.monotonic()
        span = self._span_ns
        return 0.0 if span is None else seconds(span[1] - span[0])
