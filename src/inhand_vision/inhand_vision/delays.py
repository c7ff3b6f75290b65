"""How late poses are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

WINDOW = 300
"""Newest poses that percentiles are taken of."""


class Delays:
    """Delay of the newest poses behind their images, and the part of it that the estimator computes."""

    def __init__(self) -> None:
        self._values = {name: deque[float](maxlen=WINDOW) for name in ("image to pose [ms]", "computation [ms]")}

    def add(self, delay_ns: int, computed_s: float) -> None:
        """One more pose."""
        for values, value in zip(self._values.values(), (delay_ns / 1e6, 1e3 * computed_s), strict=True):
            values.append(value)

    def percentiles(self) -> Iterator[tuple[str, float]]:
        """The 50th and the 99th of both, by name; none before the first pose."""
        for name, values in self._values.items():
            for percentile in (50, 99) if values else ():
                yield f"{name} p{percentile}", float(np.percentile(values, percentile))

    def report(self, status: Any) -> None:
        """Adds them to the `Diagnostics` of a node."""
        for name, value in self.percentiles():
            status.add(name, value)
