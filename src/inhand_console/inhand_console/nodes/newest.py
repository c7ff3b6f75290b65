"""Subscriptions that keep the newest message, still serialised, until somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message


class Newest:
    """The newest message of each topic, deserialised when taken.

    Args:
        node: that subscribes.
        kinds: topic -> message class and quality of service.
    """

    def __init__(self, node: Node, kinds: Mapping[str, tuple[type, QoSProfile]]) -> None:
        self._kinds = {topic: kind for topic, (kind, _) in kinds.items()}
        self._waiting: dict[str, bytes] = {}
        for topic, (kind, qos) in kinds.items():
            node.create_subscription(kind, topic, self._keeper(topic), qos, raw=True)

    def take(self, topic: str) -> Any | None:
        """The newest message of a topic, once; None until the next one."""
        raw = self._waiting.pop(topic, None)
        return None if raw is None else deserialize_message(raw, self._kinds[topic])

    def _keeper(self, topic: str) -> Any:
        def keep(raw: bytes) -> None:
            self._waiting[topic] = raw

        return keep
