"""Every encoding of a colourful picture gives its colours; what is no image is refused in words."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from inhand_data.pixels import ENCODINGS, ImageError, compressed_image, rgb_image

HEIGHT, WIDTH = 32, 48
FLAT = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
FLAT[:, :24], FLAT[:, 24:] = (200, 100, 50), (30, 60, 220)
"""Two flat halves: what interpolates colours is right inside them."""
BT601 = np.array(((0.257, 0.504, 0.098), (-0.148, -0.291, 0.439), (0.439, -0.368, -0.071)))
"""Luminance and colour differences of RGB, as video has them (ITU-R BT.601, 16 to 235)."""


def message(encoding, data, step=None, **changes):
    fields = {"encoding": encoding, "height": HEIGHT, "width": WIDTH, "is_bigendian": 0, "data": data}
    return SimpleNamespace(**{**fields, "step": step or len(data) // HEIGHT, **changes})


def encoded(encoding, big=False):
    """The picture in an encoding."""
    name, wide = encoding.removesuffix("8").removesuffix("16"), encoding.endswith("16")
    if name in ("rgb", "bgr", "rgba", "bgra"):
        order = {"r": 0, "g": 1, "b": 2}
        planes = [FLAT[..., order[c]] if c != "a" else np.full_like(FLAT[..., 0], 255) for c in name]
        values = np.stack(planes, axis=-1)
    elif name == "mono":
        values = cv2.cvtColor(FLAT, cv2.COLOR_RGB2GRAY)
    elif name.startswith("bayer"):
        values = np.zeros((HEIGHT, WIDTH), np.uint8)
        for at, colour in enumerate(name.removeprefix("bayer_")):
            row, column = divmod(at, 2)
            values[row::2, column::2] = FLAT[row::2, column::2, "rgb".index(colour)]
    else:
        y, u, v = np.moveaxis(FLAT @ BT601.T + (16.0, 128.0, 128.0), -1, 0)  # not by OpenCV, whose 4.6 cannot
        chroma = np.where(np.arange(WIDTH) % 2 == 0, u, v)  # one of each for two pixels
        pair = (chroma, y) if name in ("yuv422", "uyvy") else (y, chroma)
        values = np.stack(pair, axis=-1).round().astype(np.uint8)
    if wide:
        values = (values.astype(np.uint16) << 8 | 0x34).astype(">u2" if big else "<u2")
    return np.ascontiguousarray(values).tobytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_colours_come_back(encoding):
    found = rgb_image(message(encoding, encoded(encoding)))
    assert found.shape == FLAT.shape and found.dtype == np.uint8
    expected = FLAT
    if encoding.startswith("mono"):
        expected = np.repeat(cv2.cvtColor(FLAT, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    inside = np.r_[2:22, 26:46]
    assert np.abs(found[2:-2, inside].astype(int) - expected[2:-2, inside]).max() <= 3


def test_big_endian_values_and_padded_rows_are_read():
    assert np.array_equal(rgb_image(message("rgb16", encoded("rgb16", big=True), is_bigendian=1)), FLAT)
    rows = np.zeros((HEIGHT, 3 * WIDTH + 13), np.uint8)
    rows[:, : 3 * WIDTH] = FLAT.reshape(HEIGHT, -1)
    assert np.array_equal(rgb_image(message("rgb8", rows.tobytes())), FLAT)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoding": "16UC1"}, "'16UC1' is not one of"),
        ({"encoding": "nv12"}, "'nv12' is not one of"),
        ({"encoding": ""}, "'' is not one of"),
        ({"data": b""}, "no data"),
        ({"data": b"x" * 100, "step": 3 * WIDTH}, "100 bytes of data"),
        ({"step": 10}, "step 10 is less than"),
        ({"step": 1 << 31}, "bytes of data"),
        ({"width": 0}, "0 x 32 pixels"),
        ({"height": 1 << 31}, "pixels are no image"),
        ({"encoding": "yuyv", "width": 47}, "width 47"),
    ],
)
def test_what_is_no_image_is_refused_in_words(change, words):
    with pytest.raises(ImageError, match=words):
        rgb_image(message(**{"encoding": "rgb8", "data": FLAT.tobytes(), **change}))


def test_compressed_images_are_decoded_or_refused():
    data = cv2.imencode(".png", FLAT[..., ::-1])[1].tobytes()
    assert np.array_equal(compressed_image(SimpleNamespace(data=data, format="png")), FLAT)
    grey = cv2.imencode(".png", FLAT[..., 0])[1].tobytes()
    assert compressed_image(SimpleNamespace(data=grey, format="png")).shape == FLAT.shape
    for bad in (b"", b"no image", data[:40]):
        with pytest.raises(ImageError, match="no image"):
            compressed_image(SimpleNamespace(data=bad, format="png"))
