"""Messages into the page's inbox: still serialised, and only while somebody looks."""

from __future__ import annotations

import time
from functools import partial

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from tf2_msgs.msg import TFMessage

from inhand_console.nodes.decoders import from_bytes, node_reports
from inhand_console.snapshot import Inbox, Latencies, NodeReport
from inhand_core import GraphSpec
from inhand_data.stamps import read_header
from inhand_description.cameras import CAMERA_NAMES
from inhand_ros.messages import message_class
from inhand_ros.static_frames import StaticFrames
from inhand_ros.summary import LatencyMeter
from inhand_ros.waiting import Waiting

# Topics beside the graph's: type, whether latched.
STATUS_TOPICS = {
    "sim/status": ("inhand_interfaces/msg/SimStatus", False),
    "controller/status": ("inhand_interfaces/msg/ControllerStatus", False),
    "sim/object_pose": ("inhand_interfaces/msg/ObjectPose", False),
}
# Of these every message counts, not the newest alone.
SIDE_TOPICS = {
    "/diagnostics": ("diagnostic_msgs/msg/DiagnosticArray", False),
    "/tf_static": ("tf2_msgs/msg/TFMessage", True),
}
CAMERA_TOPICS = {f"{name}/image_raw": ("sensor_msgs/msg/Image", False) for name in CAMERA_NAMES} | {
    f"{name}/camera_info": ("sensor_msgs/msg/CameraInfo", False) for name in CAMERA_NAMES
}
TIMED = ("mocap/markers", "object/pose", "policy/action", "hand/action", "hand/motor_commands")
QUEUE = 100
"""Messages of a stream that may wait between two looks: 0.1 s at 960 Hz."""


class Feed:
    """Subscriptions that come and go with the page's visitors; `pump` moves what has come into `inbox`.

    Topics that are published on change are always listened to, so that the history of trials is complete; all others
    only while `follow(True)`, and images only while they are asked for as well.
    """

    def __init__(self, node: Node, spec: GraphSpec, window_s: float, prefix: str) -> None:
        self._node, self._space = node, node.get_namespace()
        graph = {topic: (entry.message, entry.on_change) for topic, entry in spec.topics.items()}
        self._kept = {topic: kind for topic, kind in graph.items() if kind[1]}
        self._streams = {topic: kind for topic, kind in (graph | STATUS_TOPICS).items() if topic not in self._kept}
        shown = self._kept | self._streams | CAMERA_TOPICS
        kinds = {topic: message_class(kind) for topic, (kind, _) in shown.items()}
        self.inbox = Inbox({topic: partial(from_bytes, kind) for topic, kind in kinds.items()}, window_s)
        self._always = Waiting(node, self._kept, QUEUE)
        self._followed: Waiting | None = None
        self._side: Waiting | None = None
        self._cameras: Waiting | None = None
        self.reports: dict[str, NodeReport] = {}
        self._frames = StaticFrames(prefix)
        self._meter, self._last_action_ns = LatencyMeter(), 0

    def follow(self, wanted: bool, images: bool) -> None:
        """Subscribes to the streams, or lets them go; from the executor's thread."""
        if wanted and self._followed is None:
            self._followed = Waiting(self._node, self._streams, QUEUE)
            self._side = Waiting(self._node, SIDE_TOPICS, QUEUE)
            self._meter, self._last_action_ns = LatencyMeter(), 0
        elif not wanted and self._followed is not None:
            self._followed.close()
            self._side.close()
            self._followed = self._side = None
            self.reports.clear()
            self.inbox.forget_rates()
        if wanted and images and self._cameras is None:
            self._cameras = Waiting(self._node, CAMERA_TOPICS, 1)
        elif not (wanted and images) and self._cameras is not None:
            self._cameras.close()
            self._cameras = None
            self.inbox.forget_cameras()

    def pump(self) -> None:
        """Moves the messages that have come into the inbox; from the executor's thread."""
        now = time.monotonic()
        timed: list[tuple[int, str, bytes]] = []
        sources = ((self._always, self._kept), (self._followed, self._streams), (self._cameras, CAMERA_TOPICS))
        for source, topics in sources:
            for topic in topics if source is not None else ():
                for message, source_ns in source.take(topic):
                    self.inbox.put(topic, message, now)
                    if topic in TIMED:
                        timed.append((source_ns, topic, message))
        if self._followed is not None:
            self._measure(sorted(timed))
        if self._side is not None:
            self._read_side(now)

    def _measure(self, timed: list[tuple[int, str, bytes]]) -> None:
        periods = []
        for source_ns, topic, message in timed:
            self._meter.add(f"/{topic}", source_ns, read_header(message)[0])
            if topic == "policy/action":
                periods += [1e-6 * (source_ns - self._last_action_ns)] if self._last_action_ns else []
                self._last_action_ns = source_ns
        samples, self._meter.samples = self._meter.samples, []
        if samples or periods:
            self.inbox.note(latencies=Latencies(tuple(1e-6 * ns for ns in samples), tuple(periods)))

    def _read_side(self, now: float) -> None:
        for message, _ in self._side.take("/diagnostics"):
            self.reports.update(node_reports(deserialize_message(message, DiagnosticArray), now, self._space))
        moved = [deserialize_message(message, TFMessage) for message, _ in self._side.take("/tf_static")]
        for message in moved:
            self._frames.take(message)
        if moved:
            poses = {name: self._frames.in_world(f"{name}_optical_frame") for name in CAMERA_NAMES}
            self.inbox.note(camera_poses={name: pose for name, pose in poses.items() if pose is not None})
