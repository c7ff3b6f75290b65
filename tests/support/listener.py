"""Hears every message of some topics at high rates: raw, reliable, decoded only when asked for."""

from __future__ import annotations

import threading
import time
from typing import Any

import rclpy
from rclpy.serialization import deserialize_message

from inhand_data.stamps import read_header
from inhand_ros.messages import message_class
from inhand_ros.raw import RawMessage
from inhand_ros.tap import Tap

DRAIN_S = 0.01


class Listener:
    """Drains a `Tap` in a thread.

    Args:
        domain: ROS domain id.
        topics: message type by topic, without leading slash.
        latched: those of them whose last message is kept for who comes later.
    """

    def __init__(self, domain: int, topics: dict[str, str], latched: tuple[str, ...] = ()) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("listener", context=self._context)
        self._kinds = {self.node.resolve_topic_name(name): message_class(kind) for name, kind in topics.items()}
        self._heard: dict[str, list[RawMessage]] = {name: [] for name in self._kinds}
        self._tap = Tap(self.node, {name: (kind, name in latched) for name, kind in topics.items()})
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def raw(self, topic: str) -> list[RawMessage]:
        """All messages of a topic so far, as they were on the wire."""
        return list(self._heard[self.node.resolve_topic_name(topic)])

    def messages(self, topic: str, since: int = 0) -> list[Any]:
        """The messages of a topic from number `since` on."""
        name = self.node.resolve_topic_name(topic)
        return [deserialize_message(raw.data, self._kinds[name]) for raw in self._heard[name][since:]]

    def sequences(self, topic: str) -> list[int]:
        """Sequence numbers of the messages of a topic."""
        return [read_header(raw.data)[1] for raw in self.raw(topic)]

    def clear(self) -> None:
        """Forgets what was heard."""
        for heard in self._heard.values():
            heard.clear()

    def close(self) -> None:
        """Ends thread and node."""
        self._done.set()
        self._thread.join(5.0)
        self.node.destroy_node()
        self._context.shutdown()

    def _listen(self) -> None:
        while not self._done.wait(DRAIN_S):
            self._tap.refresh()
            for message in self._tap.drain():
                self._heard[message.topic].append(message)


def collect(listener: Listener, seconds: float) -> None:
    """Forgets what was heard and listens for so long."""
    listener.clear()
    time.sleep(seconds)
