"""A component in a node, free-running: steps, stale input, latched topics, time that goes back, lifecycle."""

import numpy as np
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.signals import Goal, HandAction, ObjectPose
from inhand_interfaces import msg as messages
from inhand_ros.codecs import Labels, encode
from inhand_ros.component_node import ComponentNode, LifecycleComponentNode

SECOND = 1_000_000_000


def action(value, time_ns, number=0):
    """A policy's action, all coordinates alike."""
    return encode(HandAction(np.full((1, 20), value), np.full((1, 20), 5), np.array([0])), time_ns, number, Labels())


def pose(time_ns, number=0):
    """A valid object pose."""
    signal = ObjectPose(np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([True]), np.zeros(1))
    return encode(signal, time_ns, number, Labels())


def test_a_trigger_steps_the_component_and_its_stamp_is_the_time(spin):
    node, other, got = ComponentNode("smoother"), Node("other"), []
    other.create_subscription(messages.HandAction, "hand/action", got.append, 10)
    publisher = other.create_publisher(messages.HandAction, "policy/action", 10)
    spin([node, other], lambda: publisher.get_subscription_count() and node.count_subscribers("hand/action"))
    for n in range(3):
        publisher.publish(action(0.5, 3 * SECOND + n * 80_000_000, n))
    spin([node, other], lambda: len(got) == 3)
    assert [m.sequence for m in got] == [0, 1, 2]
    assert [m.header.stamp.nanosec for m in got] == [0, 80_000_000, 160_000_000]
    values = [m.action[0] for m in got]
    assert 0 < values[0] <= values[1] <= values[2] <= 0.5 and values[2] > values[0]


def test_a_stream_too_old_is_withheld_and_counted(ros):
    node = ComponentNode("goal")
    node.inboxes["object/pose"].put(pose(10 * SECOND))
    assert "object_pose" in node.gather(10 * SECOND + SECOND // 5)
    assert "object_pose" not in node.gather(11 * SECOND)
    assert "object_pose" not in node.gather(9 * SECOND), "from the future"
    node.inboxes["object/pose"].put(pose(11 * SECOND, 1))
    assert "object_pose" in node.gather(11 * SECOND)


def test_a_node_with_a_period_counts_all_and_reads_the_newest_when_it_steps(spin):
    node, other = ComponentNode("goal"), Node("other")
    publisher = other.create_publisher(messages.ObjectPose, "object/pose", 10)
    spin([node, other], publisher.get_subscription_count)
    inbox, now = node.inboxes["object/pose"], node.get_clock().now().nanoseconds
    before = inbox.counter.received
    for n in (0, 1, 2, 5):
        publisher.publish(pose(now + n, n))
    spin([node, other], lambda: inbox.counter.received == before + 4)
    assert inbox.counter.lost == 2
    served = {s.topic_name for s in node.subscriptions if s.callback_group.can_execute(s)}
    assert "/object/pose" not in served, "each message would wake the executor"
    assert inbox.stamp_ns == now + 5 and bool(inbox.signal().valid[0])


def test_a_latched_topic_is_published_on_change_and_now_and_then(ros):
    node = ComponentNode("goal")
    sent = []
    node._outlets["goal"].publish = sent.append

    def publish(goal_id, time_ns):
        node.publish("goal", Goal(np.array([1]), np.array([goal_id]), np.array([[0.0, 0.0, 0.0, 1.0]])), time_ns)

    for tick in range(4):
        publish(0, tick * 80_000_000)
    assert len(sent) == 1, "unchanged"
    publish(1, 320_000_000)
    assert [m.goal_id for m in sent] == [0, 1]
    publish(1, 320_000_000 + SECOND // 4)
    assert len(sent) == 3, "a sign of life"
    assert [m.sequence for m in sent] == [0, 1, 2]


def test_time_that_goes_back_restarts_the_component(ros):
    node = ComponentNode("goal")
    node.inboxes["object/pose"].put(pose(10 * SECOND))
    node.run_step(10 * SECOND)
    node.run_step(10 * SECOND + 80_000_000)
    starts = []
    start, node.runner.start = node.runner.start, lambda: (starts.append(1), start())
    node.run_step(SECOND)
    assert starts == [1]


def test_a_message_that_was_overtaken_is_left_out(ros):
    node = ComponentNode("goal")
    node.inboxes["object/pose"].put(pose(10 * SECOND))
    assert node.run_step(10 * SECOND)
    assert node.run_step(10 * SECOND - 1_000_000) == {}
    assert node.run_step(10 * SECOND + 80_000_000)


def test_lifecycle_follows_transitions(spin):
    options = [Parameter("autostart", value=False)]
    node, other, got = LifecycleComponentNode("smoother", parameter_overrides=options), Node("other"), []
    other.create_subscription(messages.HandAction, "hand/action", got.append, 10)
    publisher = other.create_publisher(messages.HandAction, "policy/action", 10)
    assert node.count_subscribers("policy/action") == 0
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    spin([node, other], lambda: publisher.get_subscription_count() and node.count_subscribers("hand/action"))
    publisher.publish(action(0.5, SECOND))
    spin([node, other], lambda: len(got) == 1)
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    spin([node, other], lambda: publisher.get_subscription_count() == 0)
    assert node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    spin([node, other], lambda: publisher.get_subscription_count() == 1)


def test_a_component_that_cannot_be_built_says_why(ros):
    options = [Parameter("coefficient", value=7.0)]
    with pytest.raises(ValueError, match="coefficient"):
        LifecycleComponentNode("smoother", parameter_overrides=options)
