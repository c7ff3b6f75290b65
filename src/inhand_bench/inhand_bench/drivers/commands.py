"""`inhand bench drivers`: every device straight from the simulator and through emulator and driver, side by side."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

DEVICES: dict[str, str] = {
    "phasespace": "inhand_bench.drivers.phasespace:rows",
    "cameras": "inhand_bench.drivers.cameras:rows",
    "hand": "inhand_bench.drivers.hand:rows",
}
"""By device, "module:function" that takes seconds and yields `Row`s; it checks equality before it measures."""


@dataclass(frozen=True)
class Row:
    """A figure of the simulator's own topic and of the driver's; "" where there is nothing to compare with."""

    what: str
    direct: str
    emulated: str


def drivers(seconds: float = 20.0, devices: tuple[str, ...] = ()) -> int:
    """Measure throughput and latency of each driver on its emulated device, beside the simulator's own topics.

    Args:
        seconds: length of each measurement.
        devices: which; none: all.
    """
    if unknown := sorted(set(devices) - set(DEVICES)):
        raise ValueError(f"unknown devices {unknown}; known {sorted(DEVICES)}")
    print(f"{'':58}{'simulator':>18}{'emulated, driver':>20}", flush=True)
    for device in devices or DEVICES:
        print(f"{device}, {seconds:g} s a measurement", flush=True)
        for row in _rows(device, seconds):
            print(f"  {row.what:56}{row.direct:>18}{row.emulated:>20}", flush=True)
    return 0


def quantiles(values: list[float], unit: str = "ms") -> str:
    """Median and 99th percentile as text."""
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.2f} / {ordered[int(0.99 * (len(ordered) - 1))]:.2f} {unit}"


def _rows(device: str, seconds: float) -> Iterator[Row]:
    module, _, function = DEVICES[device].partition(":")
    return getattr(importlib.import_module(module), function)(seconds)
