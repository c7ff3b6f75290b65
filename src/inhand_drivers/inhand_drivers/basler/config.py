"""Configuration of the cameras: what is the same for all, and what each has of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from inhand_core.config import ConfigError
from inhand_core.ranges import Range

IDENTIFIERS = ("serial", "line")
"""Keys whose values are text, also where they are digits alone."""
SIDES = ("top", "left", "right")
PIXEL_FORMATS = ("RGB8", "BGR8", "Mono8", "BayerRG8", "BayerBG8", "BayerGR8", "BayerGB8")


@dataclass(frozen=True)
class CameraSettings:
    """One camera.

    Attributes:
        serial: serial number, as printed on the camera.
        exposure_us: exposure time [µs].
        gain_db: analogue gain [dB].
        width, height, offset_x, offset_y: region of the sensor that is read [px].
    """

    serial: str = ""
    exposure_us: Annotated[float, Range(10.0, 1_000_000.0)] = 8000.0
    gain_db: Annotated[float, Range(0.0, 48.0)] = 0.0
    width: Annotated[int, Range(16, 16384)] = 640
    height: Annotated[int, Range(16, 16384)] = 480
    offset_x: Annotated[int, Range(0, 16384)] = 0
    offset_y: Annotated[int, Range(0, 16384)] = 0

    @property
    def region(self) -> tuple[int, int, int, int]:
        """offset_x, offset_y, width, height [px]."""
        return self.offset_x, self.offset_y, self.width, self.height


@dataclass(frozen=True)
class BaslerConfig:
    """The three cameras.

    Attributes:
        top, left, right: the cameras.
        frame_rate: frames a second of each camera [Hz].
        trigger: who starts an exposure. software: the driver, all cameras at once; line: a signal at `line` of each
            camera; none: each camera by itself.
        line: the input line of trigger `line`.
        pixel_format: what a camera sends; anything is converted to RGB.
        timeout_s: a frame that did not come for this long after it was due is missed [s]; with trigger `line` silence
            is no fault.
        backoff_s, backoff_max_s: first and longest wait before a camera is looked for again [s]; it doubles.
        skew_limit_ms: a spread of the cameras' stamps that /diagnostics warns of [ms].
        emulation_folder: for pylon's emulated cameras only: folder of the pictures they take (basler.emulation);
            "auto": the one that `inhand emulate cameras` makes.
    """

    top: CameraSettings
    left: CameraSettings
    right: CameraSettings
    frame_rate: Annotated[float, Range(0.1, 750.0)] = 30.0
    trigger: Literal["software", "line", "none"] = "software"
    line: str = "Line1"
    pixel_format: str = "RGB8"
    timeout_s: Annotated[float, Range(0.05, 10.0)] = 0.5
    backoff_s: Annotated[float, Range(0.01, 60.0)] = 0.25
    backoff_max_s: Annotated[float, Range(0.01, 600.0)] = 5.0
    skew_limit_ms: Annotated[float, Range(0.0, 1000.0)] = 5.0
    emulation_folder: str = ""

    def __post_init__(self) -> None:
        if self.pixel_format not in PIXEL_FORMATS:
            raise ConfigError(f"pixel_format {self.pixel_format!r} is not one of {list(PIXEL_FORMATS)}")
        if self.trigger not in ("software", "line", "none"):
            raise ConfigError(f"trigger {self.trigger!r} is not one of ['software', 'line', 'none']")
        if self.backoff_max_s < self.backoff_s:
            raise ConfigError(f"backoff_max_s {self.backoff_max_s:g} is smaller than backoff_s {self.backoff_s:g}")
        serials = {side: self.camera(side).serial for side in SIDES}
        if missing := [side for side, serial in serials.items() if not serial]:
            raise ConfigError(f"no serial number given for {missing}; given {serials}")
        if len(set(serials.values())) < len(serials):
            raise ConfigError(f"two cameras have the same serial number: {serials}")

    def camera(self, side: str) -> CameraSettings:
        """The settings of "top", "left" or "right"."""
        return getattr(self, side)
