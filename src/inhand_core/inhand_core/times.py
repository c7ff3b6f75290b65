"""Time is an integer number of nanoseconds; what people write and read is seconds."""

from __future__ import annotations

from typing import overload

import numpy as np

NANOSECONDS = 1_000_000_000
"""In a second."""


def nanoseconds(time_s: float) -> int:
    """The nearest whole number of nanoseconds."""
    return round(time_s * NANOSECONDS)


@overload
def seconds(time_ns: float) -> float: ...
@overload
def seconds(time_ns: np.ndarray) -> np.ndarray: ...
def seconds(time_ns: float | np.ndarray) -> float | np.ndarray:
    """Seconds of nanoseconds."""
    return time_ns * 1e-9
