"""Listens to many topics at once without deserializing and without an executor's cost a message.

A tap's subscriptions belong to a callback group that no executor serves; the node drains them on a timer. Times come
from the writers' time stamps, so that draining late changes no measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rclpy.subscription import Subscription

from inhand_core.config import ConfigError
from inhand_ros.diagnostics import Diagnostics
from inhand_ros.messages import message_class
from inhand_ros.names import SHARED_TOPICS, GraphNames, within
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.qos import observer_qos
from inhand_ros.raw import RawMessage

SMALL_DEPTH, IMAGE_DEPTH = 2000, 60
_IMAGES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")


class Unattended(CallbackGroup):
    """A callback group that keeps executors away."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        pass


class Tap:
    """Raw subscriptions of a node.

    Args:
        node: the node that owns the subscriptions.
        expected: types of topics to subscribe to at once, by name, with whether they are latched.
        discover: also subscribe to every other topic that appears in the node's namespace, and to those that all
            graphs share.
        exclude: a regular expression; topics in whose names, without the node's namespace, it is found are left alone.
            Empty: none.
        one_publisher: of each topic one publisher is followed (`OnePublisher`); recorders take everything.

    Attributes:
        types: types "package/msg/Name" by topic.
        names: the graph's names of the topics that were expected.
    """

    def __init__(
        self,
        node: Node,
        expected: dict[str, tuple[str, bool]],
        discover: bool = False,
        exclude: str = "",
        one_publisher: bool = False,
    ) -> None:
        self._node = node
        self._exclude = re.compile(exclude) if exclude else None
        self._discover, self._one_publisher = discover, one_publisher
        self._followed: dict[str, PublisherGuard] = {}
        self._group = Unattended()
        self._refused: set[str] = set()
        self._subscriptions: dict[str, Subscription] = {}
        self._offered: dict[str, tuple[bool, bool]] = {}
        self.types: dict[str, str] = {}
        self.names = GraphNames.of(node, expected)
        self._space = node.get_namespace()
        for name, (kind, latched) in expected.items():
            if not self._excluded(topic := node.resolve_topic_name(name)):
                self._subscribe(topic, kind, (True, latched))

    def refresh(self) -> None:
        """Subscribes to topics that have appeared, and again where a publisher offers less than was asked for."""
        for topic, kinds in self._node.get_topic_names_and_types():
            if topic in self._refused or not (topic in self._subscriptions or (self._discover and self._is_own(topic))):
                continue
            if self._excluded(topic):
                continue
            offers = [info.qos_profile for info in self._node.get_publishers_info_by_topic(topic)]
            if not offers:
                continue
            reliable = all(offer.reliability == ReliabilityPolicy.RELIABLE for offer in offers)
            latched = all(offer.durability == DurabilityPolicy.TRANSIENT_LOCAL for offer in offers)
            before = self._offered.get(topic, (False, False))
            if topic not in self._subscriptions or (before[0] and not reliable) or (before[1] and not latched):
                self._subscribe(topic, kinds[0], (reliable, latched))

    def drain(self) -> Iterator[RawMessage]:
        """All messages received since the last call, topic by topic."""
        for topic, subscription in self._subscriptions.items():
            handle, message_type = subscription.handle, subscription.msg_type
            guard = self._followed.get(topic)
            while (taken := handle.take_message(message_type, True)) is not None:
                data, info = taken
                if guard is not None and not guard.admits_message(info):
                    continue
                number, publisher = info.get("publication_sequence_number"), info.get("publisher_gid")
                yield RawMessage(
                    topic,
                    data,
                    info["source_timestamp"],
                    info["received_timestamp"],
                    -1 if number is None else number,
                    publisher["data"] if publisher else b"",
                )

    def report(self, status: Diagnostics) -> None:
        """Adds which topics have a second publisher, where one alone is followed."""
        for guard in self._followed.values():
            guard.report(status)

    def _is_own(self, topic: str) -> bool:
        return within(topic, self._space) is not None or topic in SHARED_TOPICS

    def _excluded(self, topic: str) -> bool:
        inner = within(topic, self._space)
        name = self.names.names.get(topic, topic if inner is None else f"/{inner}")
        return self._exclude is not None and self._exclude.search(name) is not None

    def _subscribe(self, topic: str, kind: str, offered: tuple[bool, bool]) -> None:
        try:
            message_type = message_class(kind)
        except ConfigError as error:
            self._refused.add(topic)
            self._node.get_logger().warning(f"{topic} is left out: {error}")
            return
        if topic in self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop(topic))
        qos = observer_qos(*offered, IMAGE_DEPTH if kind in _IMAGES else SMALL_DEPTH)
        self._subscriptions[topic] = self._node.create_subscription(
            message_type, topic, lambda _: None, qos, raw=True, callback_group=self._group
        )
        if self._one_publisher:
            self._followed.setdefault(topic, PublisherGuard(self._node, topic))
        self._offered[topic] = offered
        self.types[topic] = kind

    def close(self) -> None:
        """Ends all subscriptions."""
        for subscription in self._subscriptions.values():
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def qos(self, topic: str) -> tuple[bool, bool]:
        """Whether the topic was asked for as reliable, and as latched."""
        return self._offered[topic]


def graph_topics(spec: Any) -> dict[str, tuple[str, bool]]:
    """The topics of a graph profile as `Tap` expects them."""
    return {name: (topic.message, topic.qos == "latched") for name, topic in spec.topics.items()}
