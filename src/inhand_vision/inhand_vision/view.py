"""From what a camera publishes to the network's input: lens, region of interest, binning, crop."""

from __future__ import annotations

import numpy as np

from inhand_data.intrinsics import CameraError, Intrinsics
from inhand_data.rectify import make_rectifier
from inhand_vision.images import ImageConfig, Region, crop_and_resize, crop_offset, input_matrix


class InputView:
    """One camera's way to the input.

    The crop is the same part of the scene whatever part of the image is published: the middle of the calibrated image,
    moved as little as a region of interest needs, and with fewer pixels where they are binned.

    Args:
        camera: the camera as it publishes.
        config: crop and size, of the calibrated image.

    Attributes:
        matrix: (3, 3) of the input's pixels.

    Raises:
        CameraError: the published image is smaller than the crop.
    """

    def __init__(self, camera: Intrinsics, config: ImageConfig) -> None:
        self._config, self._rectify = config, make_rectifier(camera)
        self._region = crop_region(camera, config)
        self.matrix = input_matrix(camera.matrix, (camera.width, camera.height), config, self._region)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The input (size, size, 3) uint8 of a published image (H, W, 3) uint8 RGB.

        Raises:
            CameraError: an image of another size than the calibration's.
        """
        return crop_and_resize(self._rectify(image), self._config, self._region)


def crop_region(camera: Intrinsics, config: ImageConfig) -> Region:
    """What is cut out of a camera's published image [px].

    Raises:
        CameraError: the image is smaller than the crop.
    """
    sides = zip("xy", camera.whole, (camera.width, camera.height), camera.origin, camera.binning, strict=True)
    found = []
    for axis, whole, published, origin, binning in sides:
        length = config.crop // binning
        if published < length or whole < config.crop:
            raise CameraError(
                f"along {axis} an image of {published} px (binning {binning}) is smaller than the crop of {length} px"
            )
        start = round((crop_offset(whole, config.crop) - origin) / binning)
        found.append((min(max(start, 0), published - length), length))
    (left, width), (top, height) = found
    return left, top, width, height
