"""Intrinsics of one camera from views of the board (Zhang's method, OpenCV), with a judgement of the views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inhand_calibration.cameras.board import Board
from inhand_calibration.cameras.config import IntrinsicsConfig
from inhand_calibration.cameras.views import View
from inhand_core.config import ConfigError
from inhand_description.cameras import CameraInfo

USUAL_FOCAL = 1.3
"""Of the image's width: good enough to tell a tilted board from one that faces the camera."""
FLAGS = cv2.CALIB_FIX_K3
"""A small field of view does not show the sixth power of the radius."""


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """A fit: the camera, rms distance of the corners [px], relative standard deviation of the focal length, views."""

    info: CameraInfo
    rms_px: float
    focal_std: float
    views: list[View]


def fit_intrinsics(camera: str, views: list[View], size: tuple[int, int], board: Board, config: IntrinsicsConfig):
    """Fits camera matrix and distortion (plumb_bob).

    Raises:
        ConfigError: too few views, or views that do not determine the intrinsics; it says what to add.
    """
    _require(camera, views, config)
    _require_span(camera, views, size, config)
    _require_tilts(camera, views, size, board, config)
    fit, errors = _fit(views, size, board)
    kept = [view for view, error in zip(views, errors, strict=True) if error <= config.outlier * np.median(errors)]
    if len(kept) < len(views):
        _require(camera, kept, config)
        fit, _ = _fit(kept, size, board)
    rms, matrix, distortion, deviations = fit
    focal_std = float(max(deviations[0] / matrix[0, 0], deviations[1] / matrix[1, 1]))
    if not focal_std < config.max_focal_std:
        raise ConfigError(
            f"{camera}: the focal length is known to {100 * focal_std:.1f} % only, {100 * config.max_focal_std:g} % "
            "are needed: add images of the board at other angles"
        )
    info = CameraInfo(camera, *size, tuple(matrix.ravel().tolist()), tuple(distortion.ravel()[:5].tolist()))
    return Intrinsics(info, float(rms), focal_std, kept)


_Lens = tuple[float, np.ndarray, np.ndarray, np.ndarray]
_UNKNOWN: Any = None
"""OpenCV's stubs know no camera whose matrix and distortion are still to be found."""


def _fit(views: list[View], size: tuple[int, int], board: Board) -> tuple[_Lens, np.ndarray]:
    objects = [board.corners[view.detection.ids].astype(np.float32) for view in views]
    images = [view.detection.pixels.astype(np.float32) for view in views]
    rms, matrix, distortion, _, _, deviations, _, errors = cv2.calibrateCameraExtended(
        objects, images, size, _UNKNOWN, _UNKNOWN, flags=FLAGS
    )
    return (rms, matrix, distortion, deviations.ravel()), np.asarray(errors).ravel()


def _require(camera: str, views: list[View], config: IntrinsicsConfig) -> None:
    if len(views) < config.min_views:
        raise ConfigError(f"{camera}: {len(views)} usable images of the board, {config.min_views} are needed")


def _require_span(camera: str, views: list[View], size: tuple[int, int], config: IntrinsicsConfig) -> None:
    pixels = np.concatenate([view.detection.pixels for view in views])
    span = (pixels.max(axis=0) - pixels.min(axis=0)) / size
    if span.min() < config.min_span:
        raise ConfigError(
            f"{camera}: the corners span {100 * span[0]:.0f} % of the image's width and {100 * span[1]:.0f} % of its "
            f"height, {100 * config.min_span:g} % are needed: show the board near the image's edges too"
        )


def _require_tilts(
    camera: str, views: list[View], size: tuple[int, int], board: Board, config: IntrinsicsConfig
) -> None:
    """Boards that all face the camera fit any focal length (Zhang 2000), with small residuals."""
    guess = np.array([[USUAL_FOCAL * size[0], 0, size[0] / 2], [0, USUAL_FOCAL * size[0], size[1] / 2], [0, 0, 1]])
    tilts = []
    for view in views:
        _, turn, _ = cv2.solvePnP(board.corners[view.detection.ids], view.detection.pixels, guess, None)
        tilts.append(np.arccos(np.clip(abs(cv2.Rodrigues(turn)[0][2, 2]), 0.0, 1.0)))
    tilted = int(np.sum(np.array(tilts) > config.min_tilt))
    if tilted < config.min_tilted:
        raise ConfigError(
            f"{camera}: the board is tilted by more than {np.degrees(config.min_tilt):.0f} degrees in {tilted} images, "
            f"{config.min_tilted} are needed: add images of the board at other angles"
        )
