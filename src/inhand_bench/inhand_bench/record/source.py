"""A process that publishes one topic at its rate, already serialized; arguments: topic, seconds.

Prints the number of messages that it has published once a subscriber was there.
"""

from __future__ import annotations

import struct
import sys
import time
from dataclasses import dataclass

import numpy as np
import rclpy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_ros.codecs import Labels, encode
from inhand_ros.qos import observer_qos

_WIDTH, _HEIGHT, _MARKERS = 640, 480, 17
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Stream:
    """What is published: rate [Hz], about this many bytes a message, queue depth of the publisher."""

    rate: float
    size: int
    depth: int


_CAMERA = Stream(30.0, 3 * _WIDTH * _HEIGHT, 30)
TOPICS = {f"/camera_{name}/image_raw": _CAMERA for name in ("top", "left", "right")}
TOPICS["/mocap/markers"] = Stream(240.0, 600, 240)


def example(topic: str) -> object:
    """A message of the topic: an image with the grain of a real one, or a frame of markers."""
    rng = np.random.default_rng(0)
    if topic == "/mocap/markers":
        frame = Markers(rng.normal(size=(1, _MARKERS, 3)), np.ones((1, _MARKERS)))
        return encode(frame, 0, 0, Labels())
    ramp = np.linspace(40, 200, _WIDTH)[None, :, None] + rng.normal(0.0, 4.0, (_HEIGHT, _WIDTH, 3))
    image = Image(height=_HEIGHT, width=_WIDTH, encoding="rgb8", step=3 * _WIDTH)
    image.header.frame_id = f"{topic.split('/')[1]}_optical_frame"
    image.data = ramp.clip(0, 255).astype(np.uint8).tobytes()
    return image


def publish(topic: str, seconds: float) -> int:
    """Publishes for this long, from the first subscriber on; returns the number of messages."""
    node = rclpy.create_node("source")
    message = example(topic)
    data = bytearray(serialize_message(message))
    stream = TOPICS[topic]
    publisher = node.create_publisher(type(message), topic, observer_qos(depth=stream.depth))
    patience = time.monotonic() + _PATIENCE_S
    while not publisher.get_subscription_count():
        if time.monotonic() > patience:
            sys.exit(f"{topic}: no subscriber within {_PATIENCE_S:g} s")
        time.sleep(0.05)
    time.sleep(1.0)  # discovery has two sides; the other one takes as long
    start, count = time.monotonic(), round(seconds * stream.rate)
    for number in range(count):
        time.sleep(max(start + number / stream.rate - time.monotonic(), 0.0))
        now = time.time_ns()
        struct.pack_into("<iI", data, 4, now // NANOSECONDS, now % NANOSECONDS)
        publisher.publish(bytes(data))
    time.sleep(1.0)
    node.destroy_node()
    return count


def main() -> None:
    """Runs the process."""
    rclpy.init()
    print(publish(sys.argv[1], float(sys.argv[2])))
    rclpy.try_shutdown()
