"""Topics of one camera: image_raw, image_raw/compressed and camera_info, encoded only for those who listen.

The simulator's cameras and the real ones publish through the same class, so that topics, types, quality of service and
frames are equal by construction.
"""

from __future__ import annotations

import array
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from cv_bridge import CvBridge
from inhand_ros.codecs import to_stamp

DEPTH = 30
"""Messages kept for a late reader, a second of them: a recorder that is held up for this long still gets every image.

An image has 0.9 MB; what all readers have is let go."""
INFO_DEPTH = 10 * DEPTH
"""Of calibrations, which are small: one that gets lost between large images is sent again seconds later."""
ENCODING = "rgb8"


class CameraOutlet:
    """Publishers of one camera.

    Args:
        node: the node that publishes.
        info: intrinsics, an inhand_description.cameras.CameraInfo; its name is the topics' namespace, and
            <name>_optical_frame the frame.
        prefix: what the frame's name begins with.
    """

    def __init__(self, node: Node, info: Any, prefix: str = "") -> None:
        qos = QoSProfile(depth=DEPTH)
        self.name = info.name
        self.frame = f"{prefix}{info.name}_optical_frame"
        self.published = 0
        self._node = node
        self._bridge = CvBridge()
        self._info = info_message(info)
        self._raw = node.create_publisher(Image, f"{info.name}/image_raw", qos)
        self._compressed = node.create_publisher(CompressedImage, f"{info.name}/image_raw/compressed", qos)
        self._infos = node.create_publisher(CameraInfo, f"{info.name}/camera_info", QoSProfile(depth=INFO_DEPTH))

    @property
    def wanted(self) -> bool:
        """Whether anybody listens to any of the topics."""
        return any(p.get_subscription_count() for p in (self._raw, self._compressed, self._infos))

    def set_region(self, x: int, y: int, width: int, height: int) -> None:
        """Says which part of the calibrated image is published [px]; until then, all of it."""
        roi = self._info.roi
        roi.x_offset, roi.y_offset, roi.width, roi.height = x, y, width, height

    def publish_info(self, stamp_ns: int) -> None:
        """Publishes the calibration for an image taken at `stamp_ns`, where somebody listens."""
        if self._infos.get_subscription_count():
            self._info.header = Header(stamp=to_stamp(stamp_ns), frame_id=self.frame)
            self._infos.publish(self._info)

    def publish(self, image: np.ndarray, stamp_ns: int, info: bool = True) -> None:
        """Publishes an image (H, W, 3) uint8 RGB taken at `stamp_ns` on the topics that have listeners.

        Args:
            image: the pixels.
            stamp_ns: when they were taken [ns].
            info: publish the calibration behind it. A small message that a large one follows at once is often lost on
                the way and sent again a second later: whoever publishes several images gives all infos at the end.
        """
        header = Header(stamp=to_stamp(stamp_ns), frame_id=self.frame)
        if self._raw.get_subscription_count():
            self._raw.publish(image_message(image, header))
        if self._compressed.get_subscription_count():
            message = self._bridge.cv2_to_compressed_imgmsg(np.ascontiguousarray(image[..., ::-1]))
            message.header = header
            message.format = f"{ENCODING}; jpeg compressed bgr8"
            self._compressed.publish(message)
        if info:
            self.publish_info(stamp_ns)
        self.published += 1

    def close(self) -> None:
        """Ends the publishers."""
        for publisher in (self._raw, self._compressed, self._infos):
            self._node.destroy_publisher(publisher)


def image_message(image: np.ndarray, header: Header) -> Image:
    """An Image of RGB pixels (H, W, 3) uint8.

    Raises:
        ValueError: another shape or type.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected an image (H, W, 3) uint8, found {image.shape} {image.dtype}")
    message = Image(header=header, encoding=ENCODING, height=image.shape[0], width=image.shape[1])
    message.step = 3 * image.shape[1]
    data = array.array("B")  # an ndarray would be checked element by element: 50 ms instead of 0.1
    data.frombytes(np.ascontiguousarray(image).data)
    message.data = data
    return message


def info_message(info: Any) -> CameraInfo:
    """The CameraInfo of an inhand_description.cameras.CameraInfo; K is 0 where the camera is not calibrated."""
    message = CameraInfo(width=info.width, height=info.height, distortion_model=info.distortion_model)
    message.d = list(info.d)
    message.k = np.array(info.k)
    if info.calibrated:
        message.r = np.eye(3).ravel()
        message.p = np.pad(info.matrix, ((0, 0), (0, 1))).ravel()
    return message
