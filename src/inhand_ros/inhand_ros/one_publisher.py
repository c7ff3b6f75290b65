"""Of several publishers of a topic one is followed; the messages of the others are refused, counted and named.

A protection against mistakes: a second graph, a bag that is played beside a running one, a policy that was left over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node

from inhand_core.claim import RELEASE_S
from inhand_ros.diagnostics import Diagnostics

LOOK_S = 0.1
"""Discovery is asked no more often than this [s], however many messages are refused."""
BEGIN_S = 3.0
"""A second publisher that speaks within so long [s] of the first was there from the beginning: discovery takes time."""
UNKNOWN = "_NODE_NAME_UNKNOWN_"
"""ROS's own name of a node that discovery has not named yet, or that is none of ROS."""
SHOWN_S = 3.0
"""For this long after the last refused message there is trouble to report [s]."""


class OnePublisher:
    """Whose messages of a topic are taken; no ROS calls here.

    The first publisher that speaks is followed until it has left the graph. Being silent is not enough: who is frozen,
    or has nothing to say because its inputs are missing, is not replaced by somebody else, and the hand holds. After
    `RELEASE_S` of silence a newcomer is followed if the old one is gone, or if it is of a node of the same name that
    has not spoken while the old one did: a node that was killed and restarted, of which discovery knows only later
    that the old one is dead. Where there are several from the beginning, nobody can tell whose the graph is: none is
    followed until one is left.

    Args:
        topic: its name, for what is said.
        publishers: who publishes now, as far as discovery knows: full names of nodes by identity.
        clock: time that never goes back [s].

    Attributes:
        refused: messages of others.
    """

    def __init__(
        self, topic: str, publishers: Callable[[], Mapping[bytes, str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.topic, self.refused = topic, 0
        self._publishers, self._clock = publishers, clock
        self._followed: bytes | None = None
        self._stranger = b""
        self._rivals: set[bytes] = set()
        self._heard_at = self._refused_at = self._looked_at = self._began_at = self._since = -float("inf")
        self._alone = False

    def admits(self, publisher: bytes) -> bool:
        """Whether a message of this publisher is taken; b"" where the middleware does not tell whose it is."""
        now = self._clock()
        if publisher and publisher == self._followed:
            self._heard_at = now
            return True
        if self._followed is None or not publisher:
            if self._is_alone(now):
                self._began_at = now if self._followed is None else self._began_at
                self._followed, self._heard_at = publisher, now
                return True
        elif now - self._began_at <= BEGIN_S:
            self._followed, self._looked_at = None, -float("inf")
        elif self._may_follow(publisher, now):
            self._followed, self._heard_at = publisher, now
            return True
        elif now - self._heard_at <= RELEASE_S:
            self._rivals.add(publisher)
        if publisher != self._stranger or now - self._refused_at > RELEASE_S:
            self._since = now
        self.refused, self._stranger, self._refused_at = self.refused + 1, publisher, now
        return False

    @property
    def trouble(self) -> str:
        """What to say while messages of another publisher come; empty where none do."""
        if self._clock() - self._refused_at > SHOWN_S:
            return ""
        there = self._publishers()
        remedy = "end one of them, or give its graph a ROS_DOMAIN_ID of its own"
        if not self._stranger or self._followed is None:
            return f"{self.topic} has several publishers ({_join(there.values())}): none is followed; {remedy}"
        if self._followed not in there:
            return ""  # the stranger takes its place as soon as it has been silent for long enough
        if UNKNOWN in there.get(self._stranger, "") and self._refused_at - self._since < BEGIN_S:
            return ""  # discovery tells a node's name a little later: it may be the one that was restarted
        stranger, followed = there.get(self._stranger, "one that has gone"), there[self._followed]
        return f"{self.topic}: {stranger} publishes too and is refused, {followed} is followed; {remedy}"

    def _may_follow(self, publisher: bytes, now: float) -> bool:
        if now - self._heard_at <= RELEASE_S or now - self._looked_at < LOOK_S:
            return False
        self._looked_at = now
        there = self._publishers()
        self._rivals &= there.keys()
        if self._followed not in there:
            return True
        name = there[self._followed]
        return publisher not in self._rivals and there.get(publisher) == name and UNKNOWN not in name

    def _is_alone(self, now: float) -> bool:
        if now - self._looked_at >= LOOK_S:
            self._looked_at, self._alone = now, len(self._publishers()) <= 1
        return self._alone


class PublisherGuard(OnePublisher):
    """`OnePublisher` for a node's subscription to a topic."""

    def __init__(self, node: Node, topic: str) -> None:
        super().__init__(topic, self._look)
        self._node, self._resolved = node, node.resolve_topic_name(topic)
        self._complained: bytes | None = None

    def admits_message(self, info: Mapping[str, Any]) -> bool:
        """As `admits`, by the information that rclpy gives with a message; the first refusal is said in the log."""
        publisher = (info.get("publisher_gid") or {}).get("data", b"")
        if self.admits(publisher):
            return True
        if publisher != self._complained and (trouble := self.trouble):
            self._complained = publisher
            self._node.get_logger().error(trouble)
        return False

    def only(self, job: Callable[[Any], None]) -> Callable[[Any, Any], None]:
        """A subscription's callback that gives `job` the messages of the publisher that is followed."""

        def receive(message: Any, info: Any) -> None:
            if self.admits_message(info):
                job(message)

        return receive

    def report(self, status: Diagnostics) -> None:
        """Adds what was refused; an error while more comes."""
        status.add(f"{self.topic} refused: another publisher", self.refused)
        if trouble := self.trouble:
            status.error(trouble)

    def _look(self) -> dict[bytes, str]:
        infos = self._node.get_publishers_info_by_topic(self._resolved)
        return {bytes(i.endpoint_gid)[:16]: f"{i.node_namespace.rstrip('/')}/{i.node_name}" for i in infos}


def _join(names: Any) -> str:
    return ", ".join(sorted(names))
