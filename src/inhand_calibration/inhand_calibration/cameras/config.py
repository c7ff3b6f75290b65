"""config/camera_calibration.yaml as dataclasses; the file says what each entry means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inhand_calibration.cameras.board import BoardConfig
from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file


@dataclass(frozen=True)
class ViewsConfig:
    """What images are used. Values and texts in config/camera_calibration.yaml, section views."""

    interval_s: float
    min_corners: int
    still: float
    min_leds: int
    max_age_s: float


@dataclass(frozen=True)
class IntrinsicsConfig:
    """When intrinsics are good enough. Values and texts in config/camera_calibration.yaml, section intrinsics."""

    min_views: int
    min_span: float
    min_tilt: float
    min_tilted: int
    max_focal_std: float
    outlier: float


@dataclass(frozen=True)
class ExtrinsicsConfig:
    """What the fit of poses believes. Values and texts in config/camera_calibration.yaml, section extrinsics."""

    min_views: int
    corner_px: float
    led: float
    led_place: float
    holdout: int


@dataclass(frozen=True)
class CameraProofConfig:
    """How hidden truths are drawn. Values and texts in config/camera_calibration.yaml, section proof."""

    position: float
    orientation: float
    focal: float
    center: float
    distortion: tuple[float, float, float, float]
    led_place: float
    led_noise: float
    blur: float
    noise: float
    poses: int


@dataclass(frozen=True)
class CameraCalibrationConfig:
    """All of it."""

    board: BoardConfig
    views: ViewsConfig
    intrinsics: IntrinsicsConfig
    extrinsics: ExtrinsicsConfig
    proof: CameraProofConfig


def load_camera_settings(path: Path | None = None) -> CameraCalibrationConfig:
    """Reads the file, config/camera_calibration.yaml where none is given.

    Raises:
        ConfigError: naming what cannot be used.
    """
    path = path or config_file("camera_calibration")
    return load_config(CameraCalibrationConfig, read_yaml(path), path.name)
