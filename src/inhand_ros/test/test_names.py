"""Several graphs in one domain: whose a name is, and what each graph's own nodes make of it."""

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from inhand_core.config import ConfigError
from inhand_core.signals import Goal, HandAction
from inhand_interfaces.msg import Trial
from inhand_ros import Diagnostics, Labels, encode
from inhand_ros.device_watch import DeviceWatch
from inhand_ros.names import GraphNames, auto_prefix, declare_frame_prefix, own_report, within
from inhand_ros.static_frames import StaticFrames
from inhand_ros.tap import Tap

LEFT = ["--ros-args", "-r", "__ns:=/left"]


def left(name, *more):
    """A node in the namespace /left."""
    return Node(name, cli_args=[*LEFT, *more])


@pytest.mark.parametrize(
    ("name", "space", "inner"),
    [
        ("/left/hand/action", "/left", "hand/action"),
        ("/hand/action", "/", "hand/action"),
        ("/hand/action", "/left", None),
        ("/lefty/hand/action", "/left", None),
        ("/left/hand/action", "/", "left/hand/action"),
        ("/lab/left/goal", "/lab/left", "goal"),
    ],
)
def test_a_name_is_seen_from_its_namespace(name, space, inner):
    assert within(name, space) == inner


@pytest.mark.parametrize(
    ("name", "space", "node"),
    [
        ("policy: graph", "/", "policy"),
        ("left/policy: graph", "/left", "policy"),
        ("/left/policy: graph", "/left", "policy"),
        ("left/policy: graph", "/", None),
        ("policy: graph", "/left", None),
        ("left/policy: graph", "/right", None),
    ],
)
def test_a_report_is_of_a_node_of_one_namespace(name, space, node):
    assert own_report(name, space) == node


@pytest.mark.parametrize(("space", "prefix"), [("/", ""), ("/left", "left_"), ("/lab/left", "lab_left_")])
def test_frames_are_named_after_the_namespace(space, prefix):
    assert auto_prefix(space) == prefix


@pytest.mark.parametrize(
    ("words", "prefix"), [([], "left_"), (["-p", "frame_prefix:=l/"], "l/"), (["-p", "frame_prefix:=''"], "")]
)
def test_a_prefix_that_is_given_counts(ros, words, prefix):
    assert declare_frame_prefix(left("n", *words)) == prefix


def test_a_prefix_that_no_frame_can_begin_with_is_refused(ros):
    with pytest.raises(ConfigError, match="frame_prefix must be letters.*is '/left'"):
        declare_frame_prefix(left("n", "-p", "frame_prefix:=/left"))


def test_frames_of_messages_have_the_prefix_and_no_frame_stays_none():
    goal = Goal(np.zeros(1), np.zeros(1), np.array([[0.0, 0.0, 0.0, 1.0]]))
    action = HandAction(np.zeros((1, 20)), np.zeros((1, 20), int), np.zeros(1))
    assert encode(goal, 0, 0, Labels(frame_prefix="left_")).header.frame_id == "left_hand_base"
    assert encode(action, 0, 0, Labels(frame_prefix="left_")).header.frame_id == ""


def test_the_graphs_name_of_a_topic_outlives_namespace_and_remapping(ros):
    node = left("n", "-r", "goal:=/elsewhere/target")
    names = GraphNames.of(node, ("goal", "hand/action"))
    assert names.graph_name("/elsewhere/target") == "/goal"
    assert names.graph_name("/left/hand/action") == "/hand/action"
    assert names.graph_name("/other") == "/other"


def test_a_tap_in_a_namespace_discovers_its_own_graph_and_what_all_share(ros):
    node = left("n")
    tap = Tap(node, {"trial": ("inhand_interfaces/msg/Trial", True)}, discover=True, exclude="^/sim/tick$")
    for topic in ("/left/more", "/right/more", "/trial", "/diagnostics", "/left/sim/tick"):
        node.create_publisher(DiagnosticArray if topic == "/diagnostics" else Trial, topic, 1)
    end = time.monotonic() + 10.0
    while not {"/left/more", "/diagnostics"} <= set(tap.types):
        assert time.monotonic() < end, tap.types
        tap.refresh()
        time.sleep(0.05)
    assert set(tap.types) - {"/rosout", "/parameter_events"} == {"/left/trial", "/left/more", "/diagnostics"}


def test_a_node_reports_under_its_full_name(ros, spin):
    node, heard = left("n"), []
    node.create_subscription(DiagnosticArray, "/diagnostics", heard.append, 10)
    Diagnostics(node, lambda status: None)
    spin([node], lambda: heard)
    assert heard[0].status[0].name == "left/n: graph"


def test_the_device_of_another_graph_is_not_missed(ros, spin):
    node, reporter = left("n"), Node("reporter")
    watch, outlet = DeviceWatch(node), reporter.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def report():
        names = ("left/hand_driver: graph", "right/hand_driver: graph", "basler: graph")
        devices = ("phasespace", "hand", "cameras")
        statuses = [
            DiagnosticStatus(name=n, hardware_id=h, level=DiagnosticStatus.ERROR)
            for n, h in zip(names, devices, strict=True)
        ]
        outlet.publish(DiagnosticArray(status=statuses))
        return bool(watch.missing())

    spin([node], report)
    assert watch.missing() == ["phasespace"]


def test_static_frames_are_those_of_one_hand():
    def place(parent, child, x):
        message = TransformStamped()
        message.header.frame_id, message.child_frame_id = parent, child
        message.transform.translation.x, message.transform.rotation.w = x, 1.0
        return message

    frames = StaticFrames("left_")
    frames.take(TFMessage(transforms=[place("left_world", "left_hand_base", 0.1), place("world", "hand_base", 0.2)]))
    frames.take(TFMessage(transforms=[place("left_world", "left_camera_top", 1.1)]))
    np.testing.assert_allclose(frames.in_hand_base("camera_top")[:3, 3], [1.0, 0.0, 0.0])
