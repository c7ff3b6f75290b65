"""Pixels out of image messages of any driver, as they come over DDS or out of a bag: checked, converted to RGB."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

MAX_SIDE = 1 << 14
"""Longest side of an image [px]: a message that says more is broken."""


class ImageError(ValueError):
    """An image that cannot be used; the message says why."""


_BAYER = {  # OpenCV names a pattern by its second row and column
    "bayer_rggb": cv2.COLOR_BayerBG2RGB,
    "bayer_bggr": cv2.COLOR_BayerRG2RGB,
    "bayer_gbrg": cv2.COLOR_BayerGR2RGB,
    "bayer_grbg": cv2.COLOR_BayerGB2RGB,
}
_CODES: dict[str, tuple[int, int, int | None]] = {
    # name: bytes of a value, values of a pixel, OpenCV's conversion to RGB
    "rgb8": (1, 3, None),
    "bgr8": (1, 3, cv2.COLOR_BGR2RGB),
    "rgba8": (1, 4, cv2.COLOR_RGBA2RGB),
    "bgra8": (1, 4, cv2.COLOR_BGRA2RGB),
    "mono8": (1, 1, cv2.COLOR_GRAY2RGB),
    "rgb16": (2, 3, None),
    "bgr16": (2, 3, cv2.COLOR_BGR2RGB),
    "rgba16": (2, 4, cv2.COLOR_RGBA2RGB),
    "bgra16": (2, 4, cv2.COLOR_BGRA2RGB),
    "mono16": (2, 1, cv2.COLOR_GRAY2RGB),
    **{f"{name}{8 * size}": (size, 1, code) for name, code in _BAYER.items() for size in (1, 2)},
    "yuv422": (1, 2, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": (1, 2, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": (1, 2, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": (1, 2, cv2.COLOR_YUV2RGB_YUY2),
}
ENCODINGS = tuple(sorted(_CODES))
"""Encodings of sensor_msgs/Image that are understood. Values of 16 bits are scaled to 8."""


def rgb_image(message: Any) -> np.ndarray:
    """Pixels (H, W, 3) uint8 RGB of a sensor_msgs/Image, or of any object with its fields; rgb8 without a copy.

    Raises:
        ImageError: an encoding that is not one of `ENCODINGS`, no data, or sizes that contradict each other.
    """
    if message.encoding not in _CODES:
        raise ImageError(f"encoding {message.encoding!r} is not one of {list(ENCODINGS)}")
    size, channels, code = _CODES[message.encoding]
    values = _values(message, size * channels)
    if size == 2:
        values = np.ascontiguousarray(values).view(">u2" if message.is_bigendian else "<u2")
        values = (values >> 8).astype(np.uint8)  # the upper half, as a display would
    image = values.reshape(message.height, message.width, channels)
    if code is None:
        return image
    if channels == 2 and message.width % 2:
        raise ImageError(f"width {message.width}: {message.encoding} has an even one")
    return cv2.cvtColor(np.ascontiguousarray(image[..., 0] if channels == 1 else image), code)


def compressed_image(message: Any) -> np.ndarray:
    """Pixels (H, W, 3) uint8 RGB of a sensor_msgs/CompressedImage (JPEG, PNG …).

    Raises:
        ImageError: the data is no image, or one that is too large.
    """
    data = np.frombuffer(message.data, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as error:
        raise ImageError(f"{data.size} bytes of format {message.format!r} are no image: {error.err}") from error
    if image is None:
        raise ImageError(f"{data.size} bytes of format {message.format!r} are no image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _values(message: Any, pixel: int) -> np.ndarray:
    """The rows of a message, without what fills them up: (height, width * pixel) bytes."""
    height, width, step, have = message.height, message.width, message.step, len(message.data)
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise ImageError(f"{width} x {height} pixels are no image")
    if not have:
        raise ImageError(f"no data, for {width} x {height} pixels of {message.encoding}")
    if step < width * pixel:
        raise ImageError(f"step {step} is less than the {width * pixel} bytes of {width} pixels of {message.encoding}")
    if have != height * step:
        raise ImageError(f"{have} bytes of data, {height * step} for {height} rows of step {step}")
    return np.frombuffer(message.data, np.uint8).reshape(height, step)[:, : width * pixel]
