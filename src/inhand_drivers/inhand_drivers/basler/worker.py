"""One camera in a thread of its own: connects, triggers, grabs, and connects again after it was unplugged."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inhand_drivers.basler.config import BaslerConfig
from inhand_drivers.basler.device import Frame, GrabFailure, PylonCamera
from inhand_drivers.basler.emulation import EmulatedScene
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.schedule import Schedule

READY_S, PICTURE_S = 0.001, 0.006  # before the exposure: is the camera ready; a new picture for an emulated one
MISSES = 5  # in a row, after which a camera is taken for gone
REQUEST_S = 10.0
CLOCK_SET_NS = 1_000_000_000  # stamps rise, unless the clock was set back by more
SETTLED_S = 5.0  # a connection that held for this long was a good one: the back-off restarts


@dataclass
class CameraCounts:
    """What became of one camera's frames.

    Attributes:
        frames: handed on.
        failed: arrived damaged.
        missed: did not arrive in time.
        skipped: not triggered, because the frame before was not done.
        reconnects: connections after the first.
        connected: whether the camera is there now.
        stamps_from: "device" or "host" clock; "unknown" before the first frame.
        error: what went wrong last; "" while all is well.
    """

    frames: int = 0
    failed: int = 0
    missed: int = 0
    skipped: int = 0
    reconnects: int = 0
    connected: bool = False
    stamps_from: str = "unknown"
    error: str = ""


class CameraWorker:
    """Grabs from one camera until it is stopped.

    Args:
        side: "top", "left" or "right".
        config: of all cameras.
        schedule: moments of the software trigger.
        on_frame: takes each frame, in this worker's thread.
        log: takes ("info" or "warning", text).
        open_camera: connects to a serial number.

    Attributes:
        counts: of frames.
        failure: what ended the thread other than `stop`; None while it runs.
    """

    def __init__(
        self,
        side: str,
        config: BaslerConfig,
        schedule: Schedule,
        on_frame: Callable[[str, Frame], None],
        log: Callable[[str, str], None],
        open_camera: Callable[[str], Any] = PylonCamera,
    ) -> None:
        self.side = side
        self.counts = CameraCounts()
        self.failure: Exception | None = None
        self._config = config
        self._schedule = schedule
        self._on_frame = on_frame
        self._log = log
        self._open = open_camera
        self._camera: Any = None
        self._scene: EmulatedScene | None = None
        self._misses, self._moment, self._stamp = 0, 0.0, 0
        self._requests: queue.SimpleQueue[tuple[BaslerConfig, Future]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera_{side}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and gives the camera back."""
        self._stopping.set()
        self._thread.join()

    def apply(self, config: BaslerConfig) -> None:
        """Changes the configuration between two frames; a camera that is not there gets it when it returns.

        Raises:
            CameraError: the camera refuses it; it goes on with what it had; or it is stuck.
        """
        answer: Future = Future()
        self._requests.put((config, answer))
        try:
            answer.result(REQUEST_S)
        except TimeoutError as error:
            raise CameraError(f"no answer within {REQUEST_S:g} s") from error

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.failure = error

    def _work(self) -> None:
        wait, connected_at = self._config.backoff_s, 0.0
        while not self._stopping.is_set():
            try:
                self._connect()
                connected_at = time.monotonic()
                while not self._stopping.is_set():
                    self._serve_requests()
                    self._next_frame()
            except CameraError as error:
                self._lost(str(error))
            finally:
                self._disconnect()
            if connected_at and time.monotonic() - connected_at > SETTLED_S:
                wait, connected_at = self._config.backoff_s, 0.0
            self._pause(wait)
            wait = min(2.0 * wait, self._config.backoff_max_s)

    def _connect(self) -> None:
        settings = self._config.camera(self.side)
        folder = self._config.emulation_folder
        self._scene = EmulatedScene(Path(folder) / f"camera_{self.side}") if folder else None
        self._camera = self._open(settings.serial)
        self._camera.configure(self._config, settings)
        if self._scene is not None:
            self._scene.begin(self._camera)
        self._camera.start()
        self.counts.reconnects += self.counts.frames > 0
        self.counts.connected, self.counts.error, self._misses, self._moment = True, "", 0, 0.0
        self._log("info", f"camera_{self.side}: connected to {settings.serial}")

    def _disconnect(self) -> None:
        camera, self._camera, self.counts.connected = self._camera, None, False
        if camera is not None:
            camera.close()

    def _lost(self, text: str) -> None:
        if text != self.counts.error:
            self._log("warning", f"camera_{self.side}: {text}; looking for it again")
        self.counts.error = text

    def _pause(self, seconds: float) -> None:
        """Waits, and meanwhile takes over configurations."""
        end = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < end:
            self._serve_requests()
            self._stopping.wait(min(0.05, seconds))

    def _next_frame(self) -> None:
        camera, timeout = self._camera, self._config.timeout_s
        if self._config.trigger == "software":
            self._trigger(camera, timeout)
        elif self._scene is not None:
            self._scene.before_exposure(camera)
        try:
            came = camera.grab(timeout, self._handle)
        except GrabFailure as failure:
            self.counts.failed += 1
            self.counts.error = str(failure)
            return
        if came:
            self._misses, self.counts.error = 0, ""
        elif camera.removed:
            raise CameraError("unplugged")
        elif self._config.trigger != "line":
            self._missed(timeout)

    def _trigger(self, camera: Any, timeout: float) -> None:
        lead = READY_S if self._scene is None else PICTURE_S
        moment = self._schedule.after(time.monotonic() + lead)
        if self._moment:
            self.counts.skipped += max(0, round((moment - self._moment) / self._schedule.period) - 1)
        self._moment = moment
        self._stopping.wait(max(0.0, moment - lead - time.monotonic()))
        if self._scene is not None:
            self._scene.before_exposure(camera)
        camera.wait_ready(timeout)
        time.sleep(max(0.0, moment - time.monotonic()))
        camera.trigger()

    def _missed(self, timeout: float) -> None:
        self.counts.missed += 1
        self._misses += 1
        self.counts.error = f"no frame within {timeout:g} s"
        if self._misses >= MISSES:
            raise CameraError(f"no frame came {MISSES} times within {timeout:g} s")

    def _handle(self, frame: Frame) -> None:
        self.counts.frames += 1
        self.counts.stamps_from = self._camera.stamps_from
        if self._stamp - CLOCK_SET_NS < frame.stamp_ns <= self._stamp:
            frame = replace(frame, stamp_ns=self._stamp + 1)  # a simulator's clock that stands still
        self._stamp = frame.stamp_ns
        self._on_frame(self.side, frame)

    def _serve_requests(self) -> None:
        while not self._requests.empty():
            config, answer = self._requests.get()
            try:
                if self._camera is not None:
                    self._reconfigure(config)
                self._config, self._moment = config, 0.0
                answer.set_result(None)
            except CameraError as error:
                answer.set_exception(error)

    def _reconfigure(self, config: BaslerConfig) -> None:
        camera, old, new = self._camera, self._config.camera(self.side), config.camera(self.side)
        locked = ("trigger", "line", "pixel_format") + (("frame_rate",) if config.trigger == "none" else ())
        if old.region == new.region and all(getattr(config, n) == getattr(self._config, n) for n in locked):
            camera.adjust(new)
            return
        camera.stop()
        try:
            camera.configure(config, new)
        except CameraError:
            camera.configure(self._config, old)
            raise
        finally:
            camera.start()
