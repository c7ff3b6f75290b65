"""Frames, settings and waiting for the tests of the PhaseSpace parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from inhand_drivers.phasespace.config import PhaseSpaceConfig, load
from inhand_drivers.phasespace.packets import MARKER, pack_frame


def records(count: int = 17, x_mm: float = 100.0) -> np.ndarray:
    """Markers 0 … count - 1, all seen, in a row from `x_mm` on."""
    found = np.zeros(count, MARKER)
    found["id"], found["condition"] = np.arange(count), 2.0
    found["position"][:, 0] = x_mm + np.arange(count)
    return found


def frame(time_us: int, **options: Any) -> bytes:
    """The packet of such a frame."""
    return pack_frame(time_us, records(**options))


def settings(port: int, **changes: Any) -> PhaseSpaceConfig:
    """The shipped configuration, impatient."""
    quick = {"port": port, "silent_s": 0.3, "backoff_min_s": 0.02, "backoff_max_s": 0.1}
    return load(**{**quick, **changes})


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> None:
    """Polls until `condition` is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.005)
