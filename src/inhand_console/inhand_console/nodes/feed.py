"""Messages into the page's inbox: still serialised, and only while somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from inhand_console.nodes.messages import message_class
from inhand_console.snapshot import ControllerHealth, Inbox, SimHealth
from inhand_core import GraphSpec
from inhand_interfaces.msg import ControllerStatus, ObjectPose, SimStatus
from inhand_ros.codecs import decode
from inhand_ros.qos import observer_qos

STATUS_TOPICS = {"sim/status": SimStatus, "controller/status": ControllerStatus, "sim/object_pose": ObjectPose}
"""Topics beside the graph's."""
MODES = {
    getattr(ControllerStatus, name): name
    for name in ("DISABLED", "SOFT_START", "RUNNING", "HOLD", "ZERO_TORQUE", "STOPPED")
}


def sim_health(message: SimStatus) -> SimHealth:
    """What the page shows of the simulator's status."""
    return SimHealth(message.real_time_factor, message.missed_ticks, message.paused)


def controller_health(message: ControllerStatus) -> ControllerHealth:
    """What the page shows of the controller's status."""
    refused = message.refused_size + message.refused_nan + message.refused_range + message.refused_stale
    mode = MODES.get(message.mode, f"MODE {message.mode}")
    return ControllerHealth(mode, message.missed_deadlines, refused, message.lost_actions, message.lateness_p99)


class Feed:
    """Subscriptions that come and go with the page's visitors.

    Topics that are published on change are always listened to, so that the history of trials is complete; all others
    only while `follow(True)`.
    """

    def __init__(self, node: Node, spec: GraphSpec, window_s: float) -> None:
        self._node = node
        self._types = {topic: message_class(entry.message) for topic, entry in spec.topics.items()} | STATUS_TOPICS
        self._latched = {topic for topic, entry in spec.topics.items() if entry.on_change}
        special: dict[type, Callable[[Any], Any]] = {SimStatus: sim_health, ControllerStatus: controller_health}
        self._decode = {kind: special.get(kind, decode) for kind in set(self._types.values())}
        decoders = {topic: partial(self._deserialize, kind) for topic, kind in self._types.items()}
        self.inbox = Inbox(decoders, window_s)
        self._streams: list[Subscription] = []
        for topic in self._latched:
            self._subscribe(topic)

    def follow(self, wanted: bool) -> None:
        """Subscribes to the streams, or lets them go; from the executor's thread."""
        if wanted == bool(self._streams):
            return
        if wanted:
            self._streams = [self._subscribe(topic) for topic in self._types if topic not in self._latched]
            return
        for subscription in self._streams:
            self._node.destroy_subscription(subscription)
        self._streams = []
        self.inbox.forget_rates()

    def _subscribe(self, topic: str) -> Subscription:
        latched = topic in self._latched
        return self._node.create_subscription(
            self._types[topic],
            topic,
            lambda message: self.inbox.put(topic, message, time.monotonic()),
            observer_qos(reliable=latched, latched=latched, depth=1 if latched else 50),
            raw=True,
        )

    def _deserialize(self, kind: type, message: bytes) -> Any:
        return self._decode[kind](deserialize_message(message, kind))
