"""Offers and requests fit together; a tap hears what is there, whatever it offers."""

import time

import pytest
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, ReliabilityPolicy, qos_check_compatible

from inhand_core.graph import load_graph
from inhand_data.stamps import read_header
from inhand_interfaces.msg import Trial
from inhand_ros.qos import observer_qos, publisher_qos, subscription_qos
from inhand_ros.tap import Tap

SPEC = load_graph("realtime")


@pytest.mark.parametrize("lockstep", [False, True])
@pytest.mark.parametrize("topic", SPEC.topics)
def test_publishers_offer_what_consumers_and_observers_ask_for(topic, lockstep):
    offered = publisher_qos(SPEC, topic, lockstep)
    latched = SPEC.topics[topic].qos == "latched"
    for asked in (subscription_qos(SPEC, topic, lockstep), observer_qos(latched=latched)):
        compatibility, reason = qos_check_compatible(offered, asked)
        assert compatibility == QoSCompatibility.OK, reason


def test_commands_and_actions_are_reliable_and_streams_are_not_waited_for():
    for topic in ("hand/motor_commands", "policy/action", "hand/action"):
        assert subscription_qos(SPEC, topic).reliability == ReliabilityPolicy.RELIABLE, topic
    for topic in ("mocap/markers", "hand/sensors"):
        assert subscription_qos(SPEC, topic).reliability == ReliabilityPolicy.BEST_EFFORT, topic


def test_streams_are_kept_for_a_second():
    for topic, entry in SPEC.topics.items():
        if entry.qos != "latched":
            assert publisher_qos(SPEC, topic).depth >= entry.rate, topic


def heard(tap, publisher, numbers):
    """Sequence numbers that a tap drains while each of `numbers` is published once a subscriber is there."""
    end, got = time.monotonic() + 10.0, []
    while not publisher.get_subscription_count():
        assert time.monotonic() < end, "no subscriber"
        tap.refresh()
        time.sleep(0.05)
    for number in numbers:
        publisher.publish(Trial(sequence=number))
    while len(got) < len(numbers) and time.monotonic() < end:
        got += [read_header(message.data)[1] for message in tap.drain()]
        time.sleep(0.01)
    return got


def test_a_tap_drains_all_in_order(ros):
    node, numbers = Node("n"), list(range(500))
    tap = Tap(node, {"trial": ("inhand_interfaces/msg/Trial", True)})
    publisher = node.create_publisher(Trial, "trial", publisher_qos(SPEC, "trial"))
    assert heard(tap, publisher, numbers[:1]) == [0]
    node.destroy_publisher(publisher)
    volatile = node.create_publisher(Trial, "other", 1000)
    everything = Tap(node, {}, discover=True)
    assert heard(everything, volatile, numbers) == numbers


def test_a_tap_asks_for_less_where_less_is_offered(ros):
    node = Node("n")
    tap = Tap(node, {"trial": ("inhand_interfaces/msg/Trial", True)})
    assert tap.qos("/trial") == (True, True)
    offered = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
    publisher = node.create_publisher(Trial, "trial", offered)
    assert heard(tap, publisher, [7]) == [7]
    assert tap.qos("/trial") == (False, False)


def test_a_type_that_is_not_installed_is_left_out(ros):
    node = Node("n")
    tap = Tap(node, {"x": ("no_such_msgs/msg/Thing", False)})
    assert tap.types == {}
    assert list(tap.drain()) == []


def test_a_tap_leaves_excluded_topics_alone(ros):
    node = Node("n")
    node.create_publisher(Trial, "a/compressed", 10)
    node.create_publisher(Trial, "b", 10)
    tap = Tap(node, {"c/compressed": ("inhand_interfaces/msg/Trial", False)}, discover=True, exclude="/compressed$")
    end = time.monotonic() + 10.0
    while "/b" not in tap.types and time.monotonic() < end:
        tap.refresh()
    assert "/b" in tap.types
    assert not [topic for topic in tap.types if "compressed" in topic]
