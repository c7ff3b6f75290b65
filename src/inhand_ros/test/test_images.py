"""Images to messages and back."""

from __future__ import annotations

import numpy as np
import pytest
from std_msgs.msg import Header

from inhand_data.pixels import rgb_image
from inhand_description import CAMERAS
from inhand_description.cameras import nominal_info, uncalibrated
from inhand_ros.images import image_message, info_message


def test_an_image_comes_back_byte_for_byte() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    message = image_message(image, Header(frame_id="camera_top_optical_frame"))
    assert (message.width, message.height, message.step, message.encoding) == (64, 48, 192, "rgb8")
    assert np.array_equal(rgb_image(message), image)
    flipped = image[::-1, ::-1]
    assert np.array_equal(rgb_image(image_message(flipped, Header())), flipped)


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_what_is_no_rgb_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8"):
        image_message(image, Header())


def test_a_message_that_contradicts_itself_is_refused() -> None:
    message = image_message(np.zeros((4, 4, 3), np.uint8), Header())
    message.height = 5
    with pytest.raises(ValueError, match="48 bytes of data, 60"):
        rgb_image(message)


def test_camera_info_says_whether_the_camera_is_calibrated() -> None:
    known = info_message(nominal_info(CAMERAS[0]))
    assert known.k[0] > 100 and known.p[0] == known.k[0] and known.r[0] == 1.0
    unknown = info_message(uncalibrated("camera_top", 640, 480))
    assert unknown.k[0] == 0.0 and (unknown.width, unknown.height) == (640, 480)
