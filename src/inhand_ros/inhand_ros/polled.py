"""Subscriptions that wake nobody: a node with a period takes what has come when it steps.

A message that wakes an executor costs several times what the message itself does, and of a stream that is faster than
the node only the newest is looked at. So the others are counted by their headers and not deserialized.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message

from inhand_ros.inbox import Inbox
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.tap import Unattended


def make_inbox(kind: type, rate: float, lockstep: bool) -> Inbox:
    """An inbox for messages of a type, put in as they are or serialized."""
    numbered = "sequence" in kind.get_fields_and_field_types()
    return Inbox(rate, lockstep, numbered, lambda data: deserialize_message(data, kind))


class Polled:
    """A raw subscription of `node` to a topic, in a group that no executor serves; `guard` lets one publisher in."""

    def __init__(
        self, node: Node, kind: type, topic: str, qos: QoSProfile, inbox: Inbox, guard: PublisherGuard
    ) -> None:
        self.subscription: Any = node.create_subscription(
            kind, topic, lambda _: None, qos, raw=True, callback_group=Unattended()
        )
        self._inbox, self._guard = inbox, guard

    def take(self) -> None:
        """Moves what has come into the inbox."""
        handle, kind = self.subscription.handle, self.subscription.msg_type
        while (taken := handle.take_message(kind, True)) is not None:
            if self._guard.admits_message(taken[1]):
                self._inbox.put_serialized(taken[0])
