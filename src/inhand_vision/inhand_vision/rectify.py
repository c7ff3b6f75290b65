"""Takes a lens's distortion out of an image, so that a camera is the pinhole that its matrix describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

Rectifier = Callable[[np.ndarray], np.ndarray]


def make_rectifier(matrix: np.ndarray, distortion: Sequence[float], resolution: tuple[int, int]) -> Rectifier:
    """A function from a camera's image (H, W, 3) uint8 to the one that a pinhole of the same matrix would have taken.

    Args:
        matrix: (3, 3) [px].
        distortion: coefficients in OpenCV's order (plumb_bob or rational_polynomial); none or all 0: no distortion.
        resolution: (width, height) [px].
    """
    coefficients = np.asarray(distortion, float)
    if not coefficients.any():
        return lambda image: image
    kind = cv2.CV_16SC2
    maps = cv2.initUndistortRectifyMap(np.asarray(matrix, float), coefficients, None, matrix, resolution, kind)
    return lambda image: cv2.remap(image, *maps, cv2.INTER_LINEAR)
