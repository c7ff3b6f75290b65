"""Intrinsics of a camera from its calibration file."""

from __future__ import annotations

from pathlib import Path

from inhand_core.config import ConfigError
from inhand_description.cameras import CameraInfo, read_info, uncalibrated
from inhand_drivers.basler.config import CameraSettings


def camera_info(folder: Path, side: str, settings: CameraSettings) -> CameraInfo:
    """What <folder>/camera_<side>.yaml says, or that the camera is not calibrated where there is no such file.

    Raises:
        ConfigError: the file cannot be used, or is of another camera or image size.
    """
    name = f"camera_{side}"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        return uncalibrated(name, settings.width, settings.height)
    info = read_info(path)
    if (info.name, info.width, info.height) != (name, settings.width, settings.height):
        found = f"{info.name}, {info.width} x {info.height}"
        raise ConfigError(f"{path} is of {found}, not of {name}, {settings.width} x {settings.height}")
    return info
