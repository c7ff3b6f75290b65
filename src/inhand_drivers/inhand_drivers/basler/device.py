"""One camera on pylon: found by its serial number, configured, triggered, grabbed from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pypylon import genicam, pylon

from inhand_drivers.basler import features
from inhand_drivers.basler.config import BaslerConfig, CameraSettings
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.stamps import Stamper

BUFFERS = 10


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        stamp_ns: time of the exposure's start on the host's clock [ns].
        pixels: gives the image (H, W, 3) uint8 RGB; only while the frame is being handled.
    """

    stamp_ns: int
    pixels: Callable[[], np.ndarray]


class GrabFailure(RuntimeError):
    """A frame that did not arrive whole; the next one may."""


class PylonCamera:
    """An open camera.

    Args:
        serial: its serial number.
        now_ns: the host's clock [ns].

    Raises:
        CameraError: no such camera is connected, or another program has it.
    """

    def __init__(self, serial: str, now_ns: Callable[[], int] = time.time_ns) -> None:
        found = {info.GetSerialNumber(): info for info in pylon.TlFactory.GetInstance().EnumerateDevices()}
        if serial not in found:
            raise CameraError(f"no camera with serial number {serial!r}; connected: {sorted(found)}")
        self.serial = serial
        self.emulated = found[serial].GetDeviceClass() == "BaslerCamEmu"
        self._now_ns = now_ns
        self._triggered_ns: int | None = None
        self._converter = pylon.ImageFormatConverter()
        self._converter.OutputPixelFormat = pylon.PixelType_RGB8packed
        try:
            self._camera = pylon.InstantCamera(pylon.TlFactory.GetInstance().CreateDevice(found[serial]))
            self._camera.MaxNumBuffer.Value = BUFFERS
            self._camera.Open()
        except genicam.GenericException as error:
            raise CameraError(f"cannot open the camera {serial}: {_first_line(error)}") from error
        self._stamper = Stamper(self._camera.GetNodeMap(), now_ns)

    @property
    def nodes(self) -> Any:
        """The camera's features."""
        return self._camera.GetNodeMap()

    @property
    def stamps_from(self) -> str:
        """Whose clock the stamps come from: "device" or "host"; known after the first frame."""
        return self._stamper.source

    @property
    def removed(self) -> bool:
        """Whether the camera was unplugged."""
        return self._camera.IsCameraDeviceRemoved()

    def configure(self, config: BaslerConfig, settings: CameraSettings) -> None:
        """Applies a configuration; the camera must not be grabbing.

        Raises:
            CameraError: naming the feature that the camera refuses, and what it would take.
        """
        nodes, triggered = self.nodes, config.trigger != "none"
        with _refusals(self.serial):
            features.set_choice(nodes, "PixelFormat", config.pixel_format)
            features.set_region(nodes, settings.region)
            for name in ("ExposureAuto", "GainAuto"):
                if features.find(nodes, name) is not None:
                    features.set_choice(nodes, name, "Off")
            features.set_choice(nodes, "TriggerSelector", "FrameStart")
            features.set_choice(nodes, "TriggerMode", "On" if triggered else "Off")
            if triggered:
                features.set_choice(nodes, "TriggerSource", "Software" if config.trigger == "software" else config.line)
            features.require(nodes, "AcquisitionFrameRateEnable").FromString("0" if triggered else "1")
            if not triggered:
                features.set_number(nodes, "AcquisitionFrameRate", config.frame_rate, "Hz")
        self.adjust(settings)

    def adjust(self, settings: CameraSettings) -> None:
        """Applies exposure and gain, which a camera takes while it grabs.

        Raises:
            CameraError: outside the camera's range.
        """
        with _refusals(self.serial):
            features.set_number(self.nodes, "ExposureTime", settings.exposure_us, "µs")
            features.set_number(self.nodes, "Gain", settings.gain_db, "dB")

    def start(self) -> None:
        """Starts grabbing."""
        with _refusals(self.serial):
            self._stamper.prepare()
            self._camera.StartGrabbing(pylon.GrabStrategy_OneByOne)

    def stop(self) -> None:
        """Stops grabbing."""
        self._camera.StopGrabbing()

    def wait_ready(self, timeout_s: float) -> None:
        """Waits until the camera takes a software trigger.

        Raises:
            CameraError: it did not in time.
        """
        with _refusals(self.serial):
            ready = self._camera.WaitForFrameTriggerReady(int(timeout_s * 1e3), pylon.TimeoutHandling_Return)
        if not ready:
            raise CameraError(f"{self.serial} was not ready for a trigger within {timeout_s:g} s")

    def trigger(self) -> None:
        """Starts an exposure by software."""
        with _refusals(self.serial):
            self._triggered_ns = self._now_ns()
            self._camera.TriggerSoftware.Execute()

    def grab(self, timeout_s: float, handle: Callable[[Frame], None]) -> bool:
        """Waits for a frame and hands it to `handle`; False where none came.

        Raises:
            GrabFailure: the frame is damaged.
            CameraError: the camera has gone.
        """
        with _refusals(self.serial):
            result = self._camera.RetrieveResult(int(timeout_s * 1e3), pylon.TimeoutHandling_Return)
        arrived_ns = self._now_ns()
        if not result.IsValid():
            return False
        try:
            if not result.GrabSucceeded():
                raise GrabFailure(f"{self.serial}: {result.GetErrorDescription()}")
            stamp_ns = self._stamper.stamp(result, self._triggered_ns or arrived_ns, arrived_ns)
            handle(Frame(stamp_ns, lambda: self._rgb(result)))
        finally:
            self._triggered_ns = None
            result.Release()
        return True

    def close(self) -> None:
        """Gives the camera back."""
        try:
            self._camera.Close()
        except genicam.GenericException:
            self._camera.DestroyDevice()  # what is left of a camera that was unplugged

    def _rgb(self, result: Any) -> np.ndarray:
        if result.GetPixelType() == pylon.PixelType_RGB8packed and result.GetPaddingX() == 0:
            return result.GetArray()
        return self._converter.Convert(result).GetArray()


class _refusals:
    """Turns pylon's exceptions into CameraError with the camera's name."""

    def __init__(self, serial: str) -> None:
        self._serial = serial

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, CameraError) and not str(error).startswith(self._serial):
            raise CameraError(f"{self._serial}: {error}") from error
        if isinstance(error, genicam.GenericException):
            raise CameraError(f"{self._serial}: {_first_line(error)}") from error


def _first_line(error: object) -> str:
    return str(error).partition(" : ")[0].strip()
