"""Messages into the page's inbox: still serialised, and only while somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState

from inhand_console.model import joint_names
from inhand_console.nodes.waiting import Waiting
from inhand_console.snapshot import ControllerHealth, Inbox, SimHealth
from inhand_core import GraphSpec
from inhand_core.signals import JointStates
from inhand_interfaces.msg import ControllerStatus, SimStatus
from inhand_ros.codecs import decode
from inhand_ros.messages import message_class

STATUS_TOPICS = {
    "sim/status": ("inhand_interfaces/msg/SimStatus", False),
    "controller/status": ("inhand_interfaces/msg/ControllerStatus", False),
    "sim/object_pose": ("inhand_interfaces/msg/ObjectPose", False),
}
"""Topics beside the graph's: type, whether latched."""
MODES = {
    getattr(ControllerStatus, name): name
    for name in ("DISABLED", "SOFT_START", "RUNNING", "HOLD", "ZERO_TORQUE", "STOPPED")
}
QUEUE = 100
"""Messages of a stream that may wait between two looks: 0.1 s at 960 Hz."""


def sim_health(message: SimStatus) -> SimHealth:
    """What the page shows of the simulator's status."""
    return SimHealth(message.real_time_factor, message.missed_ticks, message.paused)


def controller_health(message: ControllerStatus) -> ControllerHealth:
    """What the page shows of the controller's status."""
    refused = message.refused_size + message.refused_nan + message.refused_range + message.refused_stale
    mode = MODES.get(message.mode, f"MODE {message.mode}")
    return ControllerHealth(mode, message.missed_deadlines, refused, message.lost_actions, message.lateness_p99)


def joints_by_name(message: JointState) -> JointStates:
    """The joints in this project's order, whatever the message's.

    Raises:
        ValueError: names that are missing, or fewer angles than names.
    """
    places = {name: i for i, name in enumerate(message.name)}
    if missing := [name for name in joint_names() if name not in places]:
        raise ValueError(f"no joints {missing}; given {sorted(places)}")
    if len(message.position) != len(places):
        raise ValueError(f"{len(places)} names, but {len(message.position)} angles")
    order = [places[name] for name in joint_names()]
    signal = decode(message)
    return replace(signal, position=signal.position[:, order])


class Feed:
    """Subscriptions that come and go with the page's visitors; `pump` moves what has come into `inbox`.

    Topics that are published on change are always listened to, so that the history of trials is complete; all others
    only while `follow(True)`.
    """

    def __init__(self, node: Node, spec: GraphSpec, window_s: float) -> None:
        self._node = node
        graph = {topic: (entry.message, entry.on_change) for topic, entry in spec.topics.items()}
        self._kept = {topic: kind for topic, kind in graph.items() if kind[1]}
        self._streams = {topic: kind for topic, kind in (graph | STATUS_TOPICS).items() if topic not in self._kept}
        kinds = {topic: message_class(kind) for topic, (kind, _) in (self._kept | self._streams).items()}
        self.inbox = Inbox({topic: partial(_deserialize, kind) for topic, kind in kinds.items()}, window_s)
        self._always = Waiting(node, self._kept, QUEUE)
        self._followed: Waiting | None = None

    def follow(self, wanted: bool) -> None:
        """Subscribes to the streams, or lets them go; from the executor's thread."""
        if wanted and self._followed is None:
            self._followed = Waiting(self._node, self._streams, QUEUE)
        elif not wanted and self._followed is not None:
            self._followed.close()
            self._followed = None
            self.inbox.forget_rates()

    def pump(self) -> None:
        """Moves the messages that have come into the inbox; from the executor's thread."""
        now = time.monotonic()
        for source, topics in ((self._always, self._kept), (self._followed, self._streams)):
            if source is not None:
                for topic in topics:
                    for message in source.take(topic):
                        self.inbox.put(topic, message, now)


_SPECIAL: dict[type, Callable[[Any], Any]] = {
    SimStatus: sim_health,
    ControllerStatus: controller_health,
    JointState: joints_by_name,
}


def _deserialize(kind: type, message: bytes) -> Any:
    return _SPECIAL.get(kind, decode)(deserialize_message(message, kind))
