"""Latency between streams that carry the same numbers on both sides of something that samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inhand_drivers.hand.layout import DEMAND_MAX

_WITHIN_NS = 500_000_000


@dataclass(frozen=True)
class Heard:
    """One message: its code, what it says, when it was written and when it was read [ns]."""

    code: int
    values: np.ndarray
    written_ns: int
    read_ns: int


def latencies(
    sent: Sequence[Heard], arrived: Sequence[Heard], tolerance: np.ndarray | float
) -> tuple[list[float], list[float]]:
    """Times [ms] from writing each message to reading it, and to first reading what it said on the other side.

    Messages that were overwritten before they were sampled are left out of both.

    Raises:
        RuntimeError: what arrives under a code differs from what was sent by more than `tolerance`.
    """
    direct, driven, place = [], [], 0
    for message in sent:
        i = place
        while i < len(arrived) and (arrived[i].code != message.code or arrived[i].read_ns < message.written_ns):
            if arrived[i].read_ns > message.written_ns + _WITHIN_NS:
                i = len(arrived)
            i += 1
        if i >= len(arrived):
            continue
        if np.any(np.abs(arrived[i].values - message.values) > tolerance):
            raise RuntimeError(f"sent {message.values}, arrived {arrived[i].values}: their times mean nothing")
        place = i
        direct.append(1e-6 * (message.read_ns - message.written_ns))
        driven.append(1e-6 * (arrived[i].read_ns - message.written_ns))
    return direct, driven


def sensor_code(hall: np.ndarray) -> int:
    """The code of sensors: the first Hall channel [counts]."""
    return int(hall[0])


def torque_code(torque: np.ndarray, full_scale: np.ndarray) -> int:
    """The code of torques: the first motor's demand [counts]."""
    return round(float(torque[0]) / float(full_scale[0]) * DEMAND_MAX)
