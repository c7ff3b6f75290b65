"""Source of images for the cameras' benchmark: each carries the time at which it was made."""

from __future__ import annotations

import time

import numpy as np
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from inhand_drivers.basler.config import SIDES
from inhand_ros import declare, run_node
from inhand_ros.images import DEPTH, image_message

RATE_HZ, CODE_BYTES = 30.0, 8


def picture(side: str) -> np.ndarray:
    """What a camera is shown, but for the first 8 bytes, which are the time [ns]; (480, 640, 3) uint8."""
    return np.random.default_rng(SIDES.index(side)).integers(0, 256, (480, 640, 3), np.uint8)


class Pictures(Node):
    """Publishes the pictures of all cameras at 30 Hz."""

    def __init__(self) -> None:
        super().__init__("pictures")
        place = declare(self, "place", "", "what comes before the topics' names")
        self._pictures = {side: picture(side) for side in SIDES}
        self._outlets = {
            side: self.create_publisher(Image, f"{place}camera_{side}/image_raw", QoSProfile(depth=DEPTH))
            for side in SIDES
        }
        self.create_timer(1.0 / RATE_HZ, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish(self) -> None:
        for side, outlet in self._outlets.items():
            code = time.time_ns().to_bytes(CODE_BYTES, "little")
            self._pictures[side].reshape(-1)[:CODE_BYTES] = np.frombuffer(code, np.uint8)
            outlet.publish(image_message(self._pictures[side], Header()))


def main() -> None:
    """Runs the node."""
    run_node(Pictures)
