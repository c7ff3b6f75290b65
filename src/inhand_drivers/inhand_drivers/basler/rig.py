"""The three cameras together: one worker each, one schedule, the skew between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from inhand_core.config import ConfigError, DeviceAway
from inhand_drivers.basler.config import SIDES, BaslerConfig
from inhand_drivers.basler.device import Frame, PylonCamera
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.schedule import Schedule
from inhand_drivers.basler.skew import SkewMeter
from inhand_drivers.basler.worker import CameraWorker


class CameraRig:
    """Grabs from three cameras between `start` and `stop`.

    Args:
        config: of all cameras.
        on_frame: takes (side, frame), in the camera's thread.
        log: takes ("info" or "warning", text).
        now_ns: the clock of the stamps [ns].
        open_camera: connects to a serial number; PylonCamera with that clock where not given.
    """

    def __init__(
        self,
        config: BaslerConfig,
        on_frame: Callable[[str, Frame], None],
        log: Callable[[str, str], None],
        now_ns: Callable[[], int] = time.time_ns,
        open_camera: Callable[[str], Any] | None = None,
    ) -> None:
        self.config = config
        self._on_frame = on_frame
        self._log = log
        self._open = open_camera or (lambda serial: PylonCamera(serial, now_ns))
        self._schedule = Schedule(config.frame_rate)
        self._lock = threading.Lock()
        self._host_stamps_said = False
        self.skew = SkewMeter(SIDES, 1.0 / config.frame_rate)
        self.workers: dict[str, CameraWorker] = {}

    def check(self) -> None:
        """Opens every camera once and gives it its configuration.

        Raises:
            DeviceAway: a camera is missing; all problems are named.
            ConfigError: all are there, but one refuses its configuration.
        """
        problems, away = [], False
        for side in SIDES:
            camera = None
            try:
                camera = self._open(self.config.camera(side).serial)
                try:
                    camera.configure(self.config, self.config.camera(side))
                finally:
                    camera.close()
            except CameraError as error:
                problems.append(f"camera_{side}: {error}")
                away |= camera is None
        if problems:
            raise (DeviceAway if away else ConfigError)("; ".join(problems))

    def start(self) -> None:
        """Starts grabbing from all cameras."""
        arguments = (self.config, self._schedule, self._frame, self._log, self._open)
        self.workers = {side: CameraWorker(side, *arguments) for side in SIDES}
        for worker in self.workers.values():
            worker.start()

    def stop(self) -> None:
        """Ends grabbing and gives the cameras back."""
        for worker in self.workers.values():
            worker.stop()

    def raise_failures(self) -> None:
        """Raises what ended a camera's thread other than `stop`, if anything did."""
        for worker in self.workers.values():
            if worker.failure is not None:
                raise worker.failure

    def apply(self, config: BaslerConfig) -> None:
        """Changes the configuration of running cameras: of all of them or, where one refuses, of none.

        Raises:
            CameraError: naming the camera, the setting and what it would take.
        """
        done: list[CameraWorker] = []
        for worker in self.workers.values():
            try:
                worker.apply(config)
            except CameraError as error:
                for earlier in done:
                    earlier.apply(self.config)
                raise CameraError(f"camera_{worker.side}: {error}") from error
            done.append(worker)
        if config.frame_rate != self.config.frame_rate:
            self._schedule.set_rate(config.frame_rate)
            self.skew.period_s = 1.0 / config.frame_rate
        self.config = config

    def _frame(self, side: str, frame: Frame) -> None:
        with self._lock:
            self.skew.add(side, frame.stamp_ns)
            if not self._host_stamps_said and self.workers[side].counts.stamps_from == "host":
                self._log("info", f"camera_{side} gives no time stamps: the stamps are the host's time of the trigger")
                self._host_stamps_said = True
        self._on_frame(side, frame)
