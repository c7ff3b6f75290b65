"""Takes a lens's distortion out of an image, so that a camera is the pinhole that its matrix describes; projection."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from inhand_data.intrinsics import Intrinsics

Rectifier = Callable[[np.ndarray], np.ndarray]


def make_rectifier(camera: Intrinsics) -> Rectifier:
    """A function from a camera's image (H, W, 3) uint8 to the one that a pinhole of the same matrix would have taken.

    It raises CameraError for an image of another size than the calibration's.
    """
    size = camera.width, camera.height
    if camera.straight:
        maps = None
    elif camera.model == "equidistant":
        maps = cv2.fisheye.initUndistortRectifyMap(
            camera.matrix, camera.distortion.reshape(4, 1), np.eye(3), camera.matrix, size, cv2.CV_16SC2
        )
    else:
        maps = cv2.initUndistortRectifyMap(camera.matrix, camera.distortion, None, camera.matrix, size, cv2.CV_16SC2)

    def rectify(image: np.ndarray) -> np.ndarray:
        camera.check_size(image.shape[1], image.shape[0])
        return image if maps is None else cv2.remap(image, *maps, cv2.INTER_LINEAR)

    return rectify


def project(points: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Pixels (n, 2) of the published image of points (n, 3) [m, optical frame] before the camera."""
    still = np.zeros(3)
    if camera.model == "equidistant":
        at = np.ascontiguousarray(points, float).reshape(-1, 1, 3)
        pixels, _ = cv2.fisheye.projectPoints(at, still, still, camera.matrix, camera.distortion.reshape(4, 1))
    else:
        pixels, _ = cv2.projectPoints(np.asarray(points, float), still, still, camera.matrix, camera.distortion)
    return pixels.reshape(-1, 2)
