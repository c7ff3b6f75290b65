"""Subscriptions whose messages wait in the middleware, still serialised, until somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos
from inhand_ros.tap import Unattended


class Waiting:
    """Subscriptions that no executor serves: a stream of 240 Hz costs nothing until it is taken.

    Streams are asked for as best effort, so that a slow reader never holds a publisher back.

    Args:
        node: that subscribes.
        topics: name -> message type "package/msg/Name", and whether the topic is latched.
        depth: of the streams' queues; latched topics keep one.
    """

    def __init__(self, node: Node, topics: Mapping[str, tuple[str, bool]], depth: int) -> None:
        self._node = node
        group = Unattended()
        self._subscriptions: dict[str, Subscription] = {}
        for topic, (kind, latched) in topics.items():
            qos = observer_qos(reliable=latched, latched=latched, depth=1 if latched else depth)
            self._subscriptions[topic] = node.create_subscription(
                message_class(kind), topic, _never, qos, raw=True, callback_group=group
            )

    def take(self, topic: str) -> Iterator[tuple[bytes, int]]:
        """Serialised messages of a topic that have come since the last call, and their writer's time [ns]."""
        subscription = self._subscriptions[topic]
        while (taken := subscription.handle.take_message(subscription.msg_type, True)) is not None:
            yield taken[0], taken[1]["source_timestamp"]

    def newest(self, topic: str) -> Any | None:
        """The newest message of a topic; None where none has come since the last call."""
        waiting = list(self.take(topic))
        return deserialize_message(waiting[-1][0], self._subscriptions[topic].msg_type) if waiting else None

    def close(self) -> None:
        """Lets the subscriptions go."""
        for subscription in self._subscriptions.values():
            self._node.destroy_subscription(subscription)
        self._subscriptions = {}


def _never(_: Any) -> None:
    raise AssertionError("no executor serves these subscriptions")
