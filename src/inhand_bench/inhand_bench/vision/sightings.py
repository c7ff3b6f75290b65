"""What `inhand bench sight` hears: poses, and when the instants that they show were published."""

from __future__ import annotations

import numpy as np
from rclpy.serialization import deserialize_message

from inhand_core.times import NANOSECONDS
from inhand_data.stamps import read_header
from inhand_description.cameras import CAMERA_NAMES
from inhand_interfaces.msg import ObjectPose
from inhand_ros.raw import RawMessage

POSE, STATE = "/object/pose", "/sim/state"
INFOS = tuple(f"/{name}/camera_info" for name in CAMERA_NAMES)
TYPES = {POSE: "inhand_interfaces/msg/ObjectPose", STATE: "inhand_interfaces/msg/SimState"}
TYPES |= dict.fromkeys(INFOS, "sensor_msgs/msg/CameraInfo")
SETTLE_S = 5.0


class Sightings:
    """Poses, and when the instants that they show were published, by the writers' wall times.

    Attributes:
        latency_ms: from a snapshot to its valid pose; shown_ms: to the last of its images' calibrations, which follow
            the images.
        valid: of each pose.
        images: how many each camera sent.
    """

    def __init__(self) -> None:
        self.latency_ms: list[float] = []
        self.shown_ms: list[float] = []
        self.valid: list[bool] = []
        self.images = dict.fromkeys(INFOS, 0)
        self.first_ns = self.last_ns = 0
        self._begun: dict[int, int] = {}
        self._shown: dict[int, int] = {}

    def add(self, message: RawMessage) -> None:
        """Takes a message; those of the first seconds do not count."""
        self.first_ns = self.first_ns or message.source_ns
        stamp, _ = read_header(message.data)
        if message.topic == STATE:
            self._begun[stamp] = message.source_ns
        if message.source_ns - self.first_ns < SETTLE_S * NANOSECONDS:
            return
        self.last_ns = message.source_ns
        if message.topic in self.images:
            self.images[message.topic] += 1
            self._shown[stamp] = max(self._shown.get(stamp, 0), message.source_ns)
        elif message.topic == POSE and stamp in self._begun:
            pose = deserialize_message(message.data, ObjectPose)
            self.valid.append(pose.valid)
            if pose.valid:
                self.latency_ms.append((message.source_ns - self._begun[stamp]) / 1e6)
                if stamp in self._shown:
                    self.shown_ms.append((self._shown[stamp] - self._begun[stamp]) / 1e6)

    def text(self) -> str:
        """What was found, in two lines, and where the time goes in a third."""
        seconds = max((self.last_ns - self.first_ns) / NANOSECONDS - SETTLE_S, 1e-9)
        rates = " ".join(f"{count / seconds:.1f}" for count in self.images.values())
        if not self.latency_ms:
            return f"  images a second {rates}; no valid pose"
        p50, p99 = np.percentile(self.latency_ms, [50, 99])
        poses = f"poses {len(self.valid) / seconds:.1f}, valid {100 * np.mean(self.valid):.1f} %"
        delay = f"camera stamp to pose p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(self.latency_ms)} poses"
        shown = f"{np.median(self.shown_ms):.1f} ms" if self.shown_ms else "unknown"
        split = f"of the median, until the images and their calibrations were sent: {shown}"
        return f"  images a second {rates}; {poses}\n  {delay}\n  {split}"
