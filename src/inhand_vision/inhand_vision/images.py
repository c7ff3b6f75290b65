"""From a camera's image to the network's input: crop, scale, normalise; contrast and noise in training.

One function, `prepare`, serves training, evaluation and the running node, so that all see the same numbers for the same
frame. Normalisation works on exact integer sums: no order of summation, layout or batch can change a bit.
Pixels are OpenCV's: the centre of the first pixel is (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inhand_core import load_config, read_yaml
from inhand_core.config import ConfigError
from inhand_core.paths import config_file

Region = tuple[int, int, int, int]
"""Left, top, width, height [px]."""
LEAST_STD = 1.0
"""Least standard deviation [grey levels] that an image is divided by: an even one becomes zeros, not infinities."""


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """How an image becomes an input. Values and texts in config/images.yaml."""

    crop: int
    size: int

    def __post_init__(self) -> None:
        if not 0 < self.size <= self.crop:
            raise ConfigError(f"size must be in [1, crop = {self.crop}] px, is {self.size}")


def load_image_config() -> ImageConfig:
    """Reads config/images.yaml.

    Raises:
        ConfigError: naming the key and the valid choices.
    """
    return load_config(ImageConfig, read_yaml(config_file("images")), "images.yaml")


def crop_and_resize(image: np.ndarray, config: ImageConfig, region: Region | None = None) -> np.ndarray:
    """The middle of an image (H, W, 3) uint8, averaged down to (size, size, 3) uint8; one of that size stays as it is.

    Args:
        image: the pixels.
        config: crop and size.
        region: what is cut out instead of the middle.

    Raises:
        ValueError: another type or shape, or an image smaller than the crop.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected an image (H, W, 3) uint8, found {image.shape} {image.dtype}")
    if region is None and image.shape[:2] == (config.size, config.size):
        return np.ascontiguousarray(image)
    left, top, width, height = region or middle(image.shape[1], image.shape[0], config)
    square = np.ascontiguousarray(image[top : top + height, left : left + width])
    grows = min(width, height) < config.size
    kind = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
    return cv2.resize(square, (config.size, config.size), interpolation=kind)


def middle(width: int, height: int, config: ImageConfig) -> Region:
    """The crop in the middle of an image of that size [px].

    Raises:
        ValueError: the image is smaller than the crop.
    """
    return crop_offset(width, config.crop), crop_offset(height, config.crop), config.crop, config.crop


def crop_offset(length: int, crop: int) -> int:
    """First pixel of the crop along a side of `length` pixels.

    Raises:
        ValueError: the side is shorter than the crop.
    """
    if length < crop:
        raise ValueError(f"an image side of {length} px is smaller than the crop of {crop} px")
    return (length - crop) // 2


def input_matrix(
    k: np.ndarray, resolution: tuple[int, int], config: ImageConfig, region: Region | None = None
) -> np.ndarray:
    """Camera matrix (3, 3) of the input's pixels.

    Args:
        k: camera matrix (3, 3) of the whole image [px].
        resolution: (width, height) of the whole image [px].
        config: crop and size.
        region: what is cut out instead of the middle.
    """
    left, top, width, height = region or middle(*resolution, config)
    sx, sy = config.size / width, config.size / height
    # Pixel i covers [i - 1/2, i + 1/2].
    to_input = np.array([[sx, 0.0, 0.5 * sx - 0.5 - sx * left], [0.0, sy, 0.5 * sy - 0.5 - sy * top], [0.0, 0.0, 1.0]])
    return to_input @ np.asarray(k, float)


def normalize(image: np.ndarray) -> np.ndarray:
    """An image (H, W, 3) uint8 as (3, H, W) float32 of mean 0 and variance 1 over all its values."""
    counts = np.bincount(image.reshape(-1), minlength=256).astype(np.int64)
    levels, n = np.arange(256, dtype=np.int64), int(counts.sum())
    total, squares = int(counts @ levels), int(counts @ (levels * levels))
    mean = total / n
    std = max(np.sqrt((n * squares - total * total) / (n * n)), LEAST_STD)
    table = ((levels - mean) / std).astype(np.float32)
    return table[np.ascontiguousarray(image.transpose(2, 0, 1))]


def prepare(
    image: np.ndarray, config: ImageConfig, contrast: float = 1.0, noise: np.ndarray | None = None
) -> np.ndarray:
    """The network's input of one image; paper C.2: normalise, then contrast, then noise on each value.

    Args:
        image: (H, W, 3) uint8 RGB, as a camera or a renderer gives it, or (size, size, 3) cropped and scaled before.
        config: crop and size.
        contrast: factor on the normalised image; 1 outside training.
        noise: (3, size, size), added last, in standard deviations of the image; None outside training.

    Returns:
        (3, size, size) float32.

    Raises:
        ValueError: an image of another type, shape or size.
    """
    x = normalize(crop_and_resize(image, config))
    if contrast != 1.0:
        x *= np.float32(contrast)
    if noise is not None:
        x += noise.astype(np.float32, copy=False)
    return x
