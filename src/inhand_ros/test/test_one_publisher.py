"""Of several publishers of a topic one is followed: which one, until when, and what is said of the others."""

from __future__ import annotations

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from test_component_node import action

from inhand_core.claim import RELEASE_S
from inhand_core.signals import ObjectPose
from inhand_interfaces import msg as messages
from inhand_ros.codecs import Labels, encode
from inhand_ros.component_node import ComponentNode
from inhand_ros.diagnostics import Diagnostics
from inhand_ros.one_publisher import BEGIN_S, OnePublisher

OURS, THEIRS, ANEW = b"ours", b"theirs", b"ours, started anew"


class Graph:
    """Publishers that discovery knows, and a time."""

    def __init__(self) -> None:
        self.now, self.there = 100.0, {OURS: "/policy"}
        self.lock = OnePublisher("policy/action", lambda: self.there, lambda: self.now)

    def settle(self) -> None:
        """Ours alone, until it is the graph's."""
        assert self.say(OURS, seconds=BEGIN_S + 1.0) == [True]

    def say(self, *publishers: bytes, seconds: float = 0.0) -> list[bool]:
        """Who of them is admitted, when they speak in turns every 80 ms for a time."""
        end, said = self.now + seconds, []
        while not said or self.now < end:
            said = [self.lock.admits(publisher) for publisher in publishers]
            self.now += 0.08
        return said


@pytest.fixture
def graph() -> Graph:
    return Graph()


def test_the_first_that_speaks_is_followed_and_the_others_are_refused(graph) -> None:
    graph.settle()
    graph.there[THEIRS] = "/stranger"
    assert graph.say(OURS, THEIRS, seconds=5.0) == [True, False]
    assert graph.lock.refused > 50
    assert "/stranger" in graph.lock.trouble and "/policy is followed" in graph.lock.trouble
    graph.say(OURS, seconds=10.0)
    assert graph.lock.trouble == ""


def test_a_publisher_that_hangs_is_not_replaced_by_another(graph) -> None:
    """It may be frozen, or be silent because its inputs are missing: the hand holds then."""
    graph.settle()
    graph.there[THEIRS] = "/stranger"
    graph.now += 5.0
    assert graph.say(THEIRS, seconds=60.0) == [False]
    assert graph.say(OURS) == [True]


def test_a_publisher_that_has_left_the_graph_makes_room(graph) -> None:
    graph.settle()
    graph.there = {THEIRS: "/stranger"}
    assert graph.say(THEIRS) == [False], "within a second it may be discovery that is late"
    graph.now += RELEASE_S
    assert graph.say(THEIRS) == [True]


def test_a_node_that_was_killed_and_started_anew_is_followed_at_once(graph) -> None:
    """Discovery takes a killed one for alive for 20 s."""
    graph.settle()
    graph.now += 4.0
    graph.there[ANEW] = "/policy"
    assert graph.say(ANEW) == [True]


def test_a_node_whose_name_discovery_does_not_know_yet_is_no_trouble_for_a_while(graph) -> None:
    graph.settle()
    graph.now += 4.0
    graph.there[ANEW] = "/_NODE_NAME_UNKNOWN_"
    assert graph.say(ANEW, seconds=1.0) == [False] and graph.lock.trouble == ""
    graph.there[ANEW] = "/policy"
    assert graph.say(ANEW, seconds=0.3) == [True]
    graph.there[THEIRS] = "/_NODE_NAME_UNKNOWN_"
    graph.say(ANEW, THEIRS, seconds=1.0)
    assert graph.lock.trouble == ""
    graph.say(ANEW, THEIRS, seconds=5.0)
    assert "UNKNOWN" in graph.lock.trouble, "a program that is no node of ROS is named as what it is"


def test_programs_that_are_no_nodes_of_ros_are_not_one_node(graph) -> None:
    graph.there[OURS] = "/_NODE_NAME_UNKNOWN_"
    graph.settle()
    graph.there[THEIRS] = "/_NODE_NAME_UNKNOWN_"
    graph.now += 4.0
    assert graph.say(THEIRS, seconds=10.0) == [False]


def test_a_publisher_that_is_made_anew_is_followed_after_a_second_and_is_no_trouble(graph) -> None:
    """A policy that is cleaned up and configured with other weights."""
    graph.settle()
    graph.there = {ANEW: "/policy"}
    assert graph.say(ANEW, seconds=0.5) == [False] and graph.lock.trouble == ""
    assert graph.say(ANEW, seconds=1.0) == [True]


def test_a_second_graph_whose_nodes_have_the_same_names_does_not_take_over(graph) -> None:
    graph.settle()
    graph.there[THEIRS] = "/policy"
    assert graph.say(OURS, THEIRS, seconds=2.0) == [True, False]
    graph.now += RELEASE_S
    assert graph.say(THEIRS, seconds=15.0) == [False], "it spoke while ours did: it is none that was started anew"
    graph.there[ANEW] = "/policy"
    assert graph.say(ANEW, THEIRS, seconds=2.0) == [True, False]


def test_of_two_that_are_there_from_the_beginning_none_is_followed(graph) -> None:
    """A node that was started anew hears its own graph and a second one, and does not know which is which."""
    graph.there[THEIRS] = "/stranger"
    assert graph.say(OURS, THEIRS, seconds=60.0) == [False, False]
    assert "several publishers (/policy, /stranger): none is followed" in graph.lock.trouble
    del graph.there[THEIRS]
    assert graph.say(OURS, seconds=1.0) == [True]


def test_one_that_discovery_finds_late_was_there_from_the_beginning_too(graph) -> None:
    assert graph.say(THEIRS, seconds=1.0) == [True]
    graph.there[THEIRS] = "/stranger"
    graph.say(OURS, THEIRS)
    assert graph.say(OURS, THEIRS, seconds=60.0) == [False, False]


def test_where_the_middleware_names_no_publisher_two_are_one_too_many(graph) -> None:
    assert graph.say(b"", seconds=2.0) == [True]
    graph.there[THEIRS] = "/stranger"
    assert graph.say(b"", seconds=2.0) == [False]
    assert "/policy, /stranger" in graph.lock.trouble


def pose(value: float, time_ns: int, number: int) -> messages.ObjectPose:
    place = ObjectPose(np.full((1, 3), value), np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([True]), np.zeros(1))
    return encode(place, time_ns, number, Labels())


CASES = {"smoother": ("policy/action", action, "action"), "goal": ("object/pose", pose, "position")}


@pytest.mark.parametrize("name", CASES)
def test_a_node_of_the_graph_follows_one_publisher_and_names_the_other(spin, name: str) -> None:
    """Of messages that wake it, and of those that it fetches when it steps."""
    topic, make, field = CASES[name]
    node, ours, theirs, reports = ComponentNode(name), Node("ours"), Node("theirs"), []
    kind = type(make(0.0, 0, 0))
    nodes, inbox, guard = [node, ours, theirs], node.inboxes[topic], node.publisher_guards[topic]
    outlets = [ours.create_publisher(kind, topic, 10)]

    def speak(number: int) -> None:
        for outlet, value in zip(outlets, (0.1, 0.9)):
            before = inbox.counter.received + guard.refused
            outlet.publish(make(value, node.get_clock().now().nanoseconds, number))
            spin(nodes, lambda b=before: inbox.counter.received + guard.refused > b)

    spin(nodes, outlets[0].get_subscription_count)
    speak(0)
    guard._clock = lambda: time.monotonic() + BEGIN_S + 0.1
    outlets.append(theirs.create_publisher(kind, topic, 10))
    spin(nodes, outlets[1].get_subscription_count)
    for number in range(1, 6):
        speak(number)
    assert (inbox.counter.received, guard.refused) == (6, 5)
    assert getattr(inbox.signal(), field).max() == 0.1
    filled = Diagnostics(node, node._report)
    filled._publisher.publish = reports.append
    filled.publish()
    status = reports[0].status[0]
    assert status.level == DiagnosticStatus.ERROR and f"{topic}: /theirs" in status.message, status.message
    assert {pair.key: pair.value for pair in status.values}[f"{topic} refused: another publisher"] == "5"
