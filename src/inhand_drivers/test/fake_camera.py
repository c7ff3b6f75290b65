"""A camera without pylon, for the tests of what drives cameras: it obeys, refuses, fails and goes as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from inhand_drivers.basler.config import BaslerConfig, CameraSettings
from inhand_drivers.basler.device import Frame, GrabFailure
from inhand_drivers.basler.features import CameraError


@dataclass
class FakeBench:
    """What the test says of all cameras, and what happened to them.

    Attributes:
        away: serial numbers that are unplugged.
        damaged, silent: serial numbers whose frames arrive damaged, or not at all.
        opened: (serial, time of the monotonic clock) of every attempt to connect.
        settings: what each camera was told last.
        now_ns: the clock of the stamps.
    """

    away: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    opened: list[tuple[str, float]] = field(default_factory=list)
    settings: dict[str, CameraSettings] = field(default_factory=dict)
    now_ns: Callable[[], int] = time.time_ns

    def open(self, serial: str) -> FakeCamera:
        """Connects to a camera."""
        self.opened.append((serial, time.monotonic()))
        if serial in self.away:
            raise CameraError(f"no camera with serial number {serial!r}")
        return FakeCamera(self, serial)


class FakeCamera:
    """Has the interface of PylonCamera."""

    emulated, stamps_from = False, "host"

    def __init__(self, bench: FakeBench, serial: str) -> None:
        self._bench = bench
        self.serial = serial
        self._triggered_ns = 0

    @property
    def removed(self) -> bool:
        return self.serial in self._bench.away

    def configure(self, config: BaslerConfig, settings: CameraSettings) -> None:
        self.adjust(settings)

    def adjust(self, settings: CameraSettings) -> None:
        if settings.exposure_us > 20_000:
            raise CameraError("ExposureTime is outside 10 … 20000 µs of this camera")
        self._bench.settings[self.serial] = settings

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def wait_ready(self, timeout_s: float) -> None:
        if self.removed:
            raise CameraError("has gone")

    def trigger(self) -> None:
        self._triggered_ns = self._bench.now_ns()

    def grab(self, timeout_s: float, handle: Callable[[Frame], None]) -> bool:
        if self.serial in self._bench.silent:
            time.sleep(timeout_s)
            return False
        if self.serial in self._bench.damaged:
            raise GrabFailure("incomplete")
        handle(Frame(self._triggered_ns, lambda: np.zeros((2, 2, 3), np.uint8)))
        return True
