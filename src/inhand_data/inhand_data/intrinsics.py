"""What a sensor_msgs/CameraInfo says about the image beside it: region of interest, binning, distortion model.

K is of the whole image in full resolution. What is published is the region of interest (x_offset, y_offset, width,
height, in pixels of the full resolution) of which binning_x × binning_y pixels are put together to one. A super-pixel i
then covers pixels b i … b i + b - 1 of the region, so that with OpenCV's pixel centres at whole numbers a point u of
the whole image lies at (u - x_offset + 1/2) / b - 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inhand_core.config import ConfigError

DISTORTION = {"plumb_bob": (5, 4), "rational_polynomial": (8, 12, 14), "equidistant": (4,)}
"""Models of sensor_msgs/CameraInfo and the numbers of coefficients they may have, the usual one first."""
MAX_SIDE = 1 << 14
"""Longest side of a camera's image [px]."""


class CameraError(ConfigError):
    """A calibration that cannot be used; the message names the field, what is found and what is valid."""


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """The camera behind a published image.

    Attributes:
        matrix: (3, 3) of the published image's pixels.
        width, height: of the published image [px].
        distortion: (n,) coefficients in OpenCV's order; all 0, or none, without distortion.
        model: one of `DISTORTION`.
        whole: (width, height) of the calibrated image [px]; origin: (x, y) of the region in it; binning: (x, y).
    """

    matrix: np.ndarray
    width: int
    height: int
    distortion: np.ndarray
    model: str = "plumb_bob"
    whole: tuple[int, int] = (0, 0)
    origin: tuple[int, int] = (0, 0)
    binning: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if self.whole == (0, 0):
            object.__setattr__(self, "whole", (self.width, self.height))

    @property
    def straight(self) -> bool:
        """Whether the lens bends nothing; equidistant with all coefficients 0 is a fisheye all the same."""
        return self.model != "equidistant" and not self.distortion.any()

    def check_size(self, width: int, height: int) -> None:
        """Compares an image with the calibration.

        Raises:
            CameraError: it has another size than its camera_info says.
        """
        if (width, height) != (self.width, self.height):
            raise CameraError(
                f"an image of {width} x {height} px, but camera_info says {self.width} x {self.height}: "
                f"of {self.whole[0]} x {self.whole[1]}, region and binning {self.binning} taken into account"
            )


def check_calibration(
    width: int, height: int, k: Sequence[float], d: Sequence[float], model: str, what: str = ""
) -> None:
    """Checks a calibration in the form of sensor_msgs/CameraInfo; all of K 0 is one that is not there.

    Args:
        width, height: of the calibrated image [px].
        k: (9,) camera matrix, row by row [px].
        d: distortion coefficients.
        model: distortion model; may be "" without coefficients.
        what: the camera or file, for messages.

    Raises:
        CameraError: naming the field.
    """
    where = f"{what}: " if what else ""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise CameraError(f"{where}width and height must be in [1, {MAX_SIDE}] px, are {width} x {height}")
    matrix = np.asarray(k, float)
    if matrix.shape != (9,):
        raise CameraError(f"{where}the camera matrix needs 9 values, has {matrix.size}")
    coefficients = np.asarray(d, float)
    if not (np.isfinite(matrix).all() and np.isfinite(coefficients).all()):
        raise CameraError(f"{where}the camera matrix and the distortion must be finite numbers")
    if not matrix.any():
        return
    fx, skew, cx, zero, fy, cy = matrix[:6].tolist()
    if not (fx > 0.0 and fy > 0.0):
        raise CameraError(f"{where}focal lengths must be > 0 px, are {fx:g} and {fy:g}")
    if zero or matrix[6:].tolist() != [0.0, 0.0, 1.0]:
        raise CameraError(f"{where}the camera matrix must be [fx s cx; 0 fy cy; 0 0 1], is {matrix.tolist()}")
    far = max(width, height)
    if max(fx, fy) > 1e3 * far or min(fx, fy) < 1e-2 * far or abs(skew) > far or max(abs(cx), abs(cy)) > 10 * far:
        raise CameraError(f"{where}a camera matrix of {matrix.tolist()} px fits no image of {width} x {height}")
    if model not in DISTORTION and (model or coefficients.any()):
        raise CameraError(f"{where}distortion_model {model!r} is not one of {list(DISTORTION)}")
    counts = DISTORTION.get(model, ())
    if len(coefficients) and counts and len(coefficients) not in counts:
        raise CameraError(f"{where}{model} has {counts[0]} coefficients, found {len(coefficients)}")
    if model == "equidistant" and not len(coefficients):
        raise CameraError(f"{where}equidistant needs {counts[0]} coefficients, found none")
    if coefficients.size and np.abs(coefficients).max() > 1e3:
        raise CameraError(f"{where}distortion coefficients {coefficients.tolist()} are beyond ±1000")


def intrinsics_of(info: Any, what: str = "") -> Intrinsics | None:
    """The camera of a sensor_msgs/CameraInfo, or of an object with its fields; None where it is not calibrated.

    Raises:
        CameraError: naming the field that cannot be used.
    """
    where = f"{what}: " if what else ""
    width, height, d = int(info.width), int(info.height), [float(value) for value in info.d]
    check_calibration(width, height, list(info.k), d, info.distortion_model, what)
    matrix = np.array(info.k, float).reshape(3, 3)
    if not matrix.any():
        return None
    roi = info.roi
    region = (int(roi.x_offset), int(roi.y_offset), int(roi.width), int(roi.height))
    x, y, wide, high = region
    wide, high = wide or width - x, high or height - y
    if wide <= 0 or high <= 0 or x + wide > width or y + high > height:
        raise CameraError(f"{where}region of interest {region} lies outside of {width} x {height} px")
    binning = (max(int(info.binning_x), 1), max(int(info.binning_y), 1))
    if binning[0] > wide or binning[1] > high:
        raise CameraError(f"{where}binning {binning} is more than the {wide} x {high} px of the region of interest")
    step = np.array(binning, float)
    matrix[:2, 2] = (matrix[:2, 2] - (x, y) + 0.5) / step - 0.5
    matrix[0, :2] /= step[0]
    matrix[1, 1] /= step[1]
    size = wide // binning[0], high // binning[1]
    model = info.distortion_model or "plumb_bob"
    return Intrinsics(matrix, *size, np.array(d), model, (width, height), (x, y), binning)
