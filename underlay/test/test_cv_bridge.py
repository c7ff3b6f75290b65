"""The drop-in against the documented behaviour of cv_bridge."""

import array

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from cv_bridge import CvBridge, CvBridgeError

RNG = np.random.default_rng(5)
BRIDGE = CvBridge()
COLOUR = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)

ENCODINGS = {
    "rgb8": (np.uint8, 3),
    "bgr8": (np.uint8, 3),
    "rgba8": (np.uint8, 4),
    "mono8": (np.uint8, 1),
    "mono16": (np.uint16, 1),
    "16UC1": (np.uint16, 1),
    "32FC1": (np.float32, 1),
    "64FC4": (np.float64, 4),
    "bayer_rggb8": (np.uint8, 1),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_round_trip_keeps_every_value_and_the_header(name):
    dtype, channels = ENCODINGS[name]
    image = (RNG.random((4, 6, channels)[: 2 if channels == 1 else 3]) * 200).astype(dtype)
    header = Header(frame_id="camera_top_optical_frame")
    message = BRIDGE.cv2_to_imgmsg(image, name, header)
    assert (message.height, message.width, message.encoding) == (4, 6, name)
    assert message.step == 6 * channels * np.dtype(dtype).itemsize and not message.is_bigendian
    assert message.header.frame_id == "camera_top_optical_frame"
    back = BRIDGE.imgmsg_to_cv2(message)
    assert back.dtype == dtype and np.array_equal(back, image)
    assert back.flags.writeable and not np.shares_memory(back, np.frombuffer(message.data, np.uint8))
    assert BRIDGE.encoding_to_dtype_with_channels(name) == (np.dtype(dtype).name, channels)


def test_passthrough_names_the_generic_type():
    assert BRIDGE.cv2_to_imgmsg(COLOUR).encoding == "8UC3"
    assert BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.float32)).encoding == "32FC1"


def test_the_data_is_an_array_of_bytes():
    data = BRIDGE.cv2_to_imgmsg(COLOUR, "rgb8").data
    assert isinstance(data, array.array) and data.typecode == "B"


def test_colours_are_converted_on_the_way_out():
    message = BRIDGE.cv2_to_imgmsg(COLOUR, "rgb8")
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message, "bgr8"), COLOUR[..., ::-1])
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message, "mono8"), cv2.cvtColor(COLOUR, cv2.COLOR_RGB2GRAY))
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message, "rgba8")[..., 3], np.full((4, 6), 255))
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message, "8UC3"), COLOUR)


def test_depths_are_scaled_between_colour_encodings_only():
    grey = np.array([[0, 128, 255]], dtype=np.uint8)
    wide = BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(grey, "mono8"), "mono16")
    assert np.array_equal(wide, [[0, 32896, 65535]])
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(wide, "mono16"), "mono8"), grey)
    plain = BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(wide, "16UC1"), "32FC1")
    assert plain.dtype == np.float32 and np.array_equal(plain, wide)


def test_padded_rows_and_foreign_byte_order():
    image = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint16)
    message = Image(height=2, width=3, encoding="mono16", is_bigendian=1, step=8)
    message.data = array.array("B", b"".join(row.astype(">u2").tobytes() + b"\xff\xff" for row in image))
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message), image)


@pytest.mark.parametrize(
    "target, match", [("rgb9", "Unrecognized image encoding \\[rgb9\\]"), ("bayer_rggb8", "Unsupported conversion")]
)
def test_impossible_targets_are_named(target, match):
    with pytest.raises(CvBridgeError, match=match):
        BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(COLOUR, "rgb8"), target)


def test_colour_cannot_come_from_nothing():
    with pytest.raises(CvBridgeError, match="16UC1.*mono8"):
        BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.uint16), "16UC1"), "mono8")


def test_wrong_types_and_sizes_are_refused():
    with pytest.raises(CvBridgeError, match="encoding specified as mono8, but image has incompatible type 8UC3"):
        BRIDGE.cv2_to_imgmsg(COLOUR, "mono8")
    with pytest.raises(TypeError, match="not a numpy array"):
        BRIDGE.cv2_to_imgmsg([[1, 2]])
    with pytest.raises(CvBridgeError, match="wrongly formed"):
        BRIDGE.imgmsg_to_cv2(Image(height=2, width=2, encoding="mono8", step=2, data=array.array("B", [0] * 3)))
    with pytest.raises(CvBridgeError, match="int64"):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.int64))


def test_png_is_lossless_and_jpeg_close():
    png = BRIDGE.cv2_to_compressed_imgmsg(COLOUR, "png")
    assert png.format == "png" and np.array_equal(BRIDGE.compressed_imgmsg_to_cv2(png), COLOUR)
    assert np.array_equal(BRIDGE.compressed_imgmsg_to_cv2(png, "rgb8"), COLOUR[..., ::-1])
    smooth = np.full((16, 16, 3), 90, np.uint8)
    jpeg = BRIDGE.compressed_imgmsg_to_cv2(BRIDGE.cv2_to_compressed_imgmsg(smooth))
    assert np.abs(jpeg.astype(int) - 90).max() <= 2


def test_depth_survives_png():
    depth = RNG.integers(0, 65536, (4, 6), dtype=np.uint16)
    message = BRIDGE.cv2_to_compressed_imgmsg(depth, "png")
    assert np.array_equal(BRIDGE.compressed_imgmsg_to_cv2(message, "mono16"), depth)


def test_bad_compressed_data_and_formats_are_refused():
    with pytest.raises(CvBridgeError, match="do not decode"):
        BRIDGE.compressed_imgmsg_to_cv2(CompressedImage(format="png", data=array.array("B", b"no image")))
    with pytest.raises(CvBridgeError, match="cannot encode"):
        BRIDGE.cv2_to_compressed_imgmsg(COLOUR, "nonsense")
