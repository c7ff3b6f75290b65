"""The image encodings of sensor_msgs: element type, channels, and how OpenCV converts between them."""

import re
from dataclasses import dataclass

import cv2
import numpy as np

_DEPTHS = {
    "8U": "uint8",
    "8S": "int8",
    "16U": "uint16",
    "16S": "int16",
    "32S": "int32",
    "32F": "float32",
    "64F": "float64",
}
_COLOURS = {"mono": ("GRAY", 1), "rgb": ("RGB", 3), "bgr": ("BGR", 3), "rgba": ("RGBA", 4), "bgra": ("BGRA", 4)}
# OpenCV names a Bayer pattern by its second row's second and third pixel, ROS by its first two rows.
_BAYER = {"bayer_rggb": "BayerBG", "bayer_bggr": "BayerRG", "bayer_gbrg": "BayerGR", "bayer_grbg": "BayerGB"}


@dataclass(frozen=True)
class Encoding:
    """One encoding: NumPy element type, number of channels, and OpenCV's colour name (None: no colour known)."""

    name: str
    dtype: np.dtype
    channels: int
    colour: str | None


def encoding(name: str) -> Encoding:
    """Look an encoding up by its ROS name, such as "rgb8", "mono16" or "32FC1".

    Raises:
        ValueError: no encoding has this name.
    """
    if generic := re.fullmatch(r"(8U|8S|16U|16S|32S|32F|64F)(?:C([0-9]+))?", name):
        return Encoding(name, np.dtype(_DEPTHS[generic[1]]), int(generic[2] or 1), None)
    if (named := re.fullmatch(r"([a-z_]+?)(8|16)", name)) is not None:
        family, bits = named.groups()
        if family in _COLOURS:
            colour, channels = _COLOURS[family]
            return Encoding(name, np.dtype(f"uint{bits}"), channels, colour)
        if family in _BAYER:
            return Encoding(name, np.dtype(f"uint{bits}"), 1, _BAYER[family])
    known = ", ".join([f"{family}8, {family}16" for family in (*_COLOURS, *_BAYER)] + ["8UC1 to 64FC4"])
    raise ValueError(f"Unrecognized image encoding [{name}]; known: {known}")


def generic_name(dtype: np.dtype, channels: int) -> str:
    """Return the encoding without colour, such as "8UC3", of an array's element type and channels.

    Raises:
        ValueError: images have no such element type.
    """
    for depth, depth_dtype in _DEPTHS.items():
        if np.dtype(depth_dtype) == dtype.newbyteorder("="):
            return f"{depth}C{channels}"
    raise ValueError(f"no image encoding has elements of type {dtype}; known: {', '.join(_DEPTHS.values())}")


def convert(image: np.ndarray, source: Encoding, target: Encoding) -> np.ndarray:
    """Convert the colours and the depth of an image; 8 and 16 bits are scaled, 255 becoming 65535.

    Raises:
        ValueError: the conversion makes no sense (colour from an image without, or another number of channels).
    """
    if source.name == target.name:
        return image
    if (source.colour is None) != (target.colour is None) or source.colour is None:
        if source.channels != target.channels or (source.colour is None and target.colour is not None):
            raise ValueError(f"[{source.name}] cannot be converted to [{target.name}]: only one of them has colours")
        return image.astype(target.dtype)
    if source.colour != target.colour:
        code = f"COLOR_{source.colour}2{target.colour}"
        if not hasattr(cv2, code):
            raise ValueError(f"Unsupported conversion from [{source.name}] to [{target.name}]")
        image = cv2.cvtColor(image, getattr(cv2, code))
    if source.dtype != target.dtype:
        scale = 65535.0 / 255.0 if target.dtype.itemsize == 2 else 255.0 / 65535.0
        image = np.rint(image.astype(np.float64) * scale).astype(target.dtype)
    return image
