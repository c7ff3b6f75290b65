"""The package's nodes over DDS: frames and markers for RViz, and the way from a click to a service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from support.processes import Processes, executable, wait_for
from tf2_msgs.msg import TFMessage

from inhand_bench.page.chromium import Chromium
from inhand_bench.page.chromium import executable as chromium
from inhand_console.nodes.decoders import joints_by_name
from inhand_core import load_graph, rotations
from inhand_core.signals import Fingertips, Goal, JointStates, Markers, ObjectPose, Signal
from inhand_description import joint_ranges
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import Labels, encode, to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos, publisher_qos
from inhand_viz.marker_status import COLORS, Seen
from inhand_viz.model import joint_names, load_hand
from inhand_viz.topics import GOAL, HAND_BASE, OBJECT, VIZ_TOPICS

SPEC = load_graph("realtime")
STAMP_NS = 1_234_500_000
PATIENCE_S = 60.0


class Bench:
    """Stands in for the rest of the graph."""

    def __init__(self, domain: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("bench", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.received: dict[str, list[Any]] = {}
        self._publishers = {
            topic: self.node.create_publisher(message_class(entry.message), topic, publisher_qos(SPEC, topic))
            for topic, entry in SPEC.topics.items()
        }

    def listen(self, topic: str) -> None:
        """Keeps what the state publisher says on a topic."""
        entry, kept = VIZ_TOPICS[topic], self.received.setdefault(topic, [])
        qos = observer_qos(latched=entry.latched, depth=10)
        self.node.create_subscription(message_class(entry.message), topic, kept.append, qos)

    def publish(self, topic: str, signal: Signal, labels: Labels | None = None) -> None:
        self._publishers[topic].publish(encode(signal, STAMP_NS, 0, labels or Labels()))

    def spin(self) -> None:
        for _ in range(20):
            self.executor.spin_once(timeout_sec=0.005)

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def bench(domain: int) -> Iterator[Bench]:
    bench = Bench(domain)
    yield bench
    bench.close()


def unit(random: np.random.Generator) -> np.ndarray:
    return rotations.normalize(random.normal(size=4))


def frames(messages: list[TFMessage]) -> dict[str, tuple[str, np.ndarray, np.ndarray]]:
    """Child -> parent, position, orientation of the newest transforms."""
    found = {}
    for transform in (t for message in messages for t in message.transforms):
        p, q = transform.transform.translation, transform.transform.rotation
        position, turn = np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w])
        found[transform.child_frame_id] = (transform.header.frame_id, position, turn)
    return found


def test_rviz_gets_robot_frames_and_markers(bench: Bench, processes: Processes) -> None:
    processes.start("state_publisher", [executable("inhand_viz/state_publisher")])
    for topic in VIZ_TOPICS:
        bench.listen(topic)
    random = np.random.default_rng(0)
    limits = joint_ranges()
    angles = random.uniform(limits[:, 0], limits[:, 1])
    pose, goal = (np.array([0.01, -0.05, 0.36]), unit(random)), unit(random)
    lost = np.where(np.arange(17) == 4, -1.0, 1.0)
    signals: dict[str, tuple[Signal, Labels]] = {
        "joint_states": (
            JointStates(angles[None], 0 * angles[None], 0 * angles[None]),
            Labels(joint_names=joint_names()),
        ),
        "object/pose": (ObjectPose(pose[0][None], pose[1][None], np.array([True]), np.zeros(1)), Labels()),
        "goal": (Goal(np.array([1]), np.array([0]), goal[None]), Labels()),
        "mocap/markers": (Markers(random.normal(size=(1, 17, 3)), lost[None]), Labels()),
        "fingertips": (Fingertips(random.normal(size=(1, 5, 3)), np.ones((1, 5), bool), np.zeros((1, 5))), Labels()),
    }

    def complete() -> bool:
        for topic, (signal, labels) in signals.items():
            bench.publish(topic, signal, labels)
        bench.spin()
        return all(bench.received.values()) and {OBJECT, GOAL, "rh_ffdistal"} <= set(frames(bench.received["/tf"]))

    wait_for(complete, PATIENCE_S, lambda: f"{ {t: len(m) for t, m in bench.received.items()} }\n{processes.logs()}")
    tree = load_hand()
    assert bench.received["robot_description"][-1].data == tree.text
    moving, fixed = frames(bench.received["/tf"]), frames(bench.received["/tf_static"])
    assert set(fixed) == {joint.child for joint in tree.fixed} and fixed[HAND_BASE][0] == "world"
    turns = tree.orientations(angles, tree.index(joint_names()))
    for joint, turn in zip(tree.moving, turns, strict=True):
        parent, position, orientation = moving[joint.child]
        assert parent == joint.parent
        np.testing.assert_array_equal(position, joint.position)
        np.testing.assert_array_equal(orientation, turn)
    assert moving[OBJECT][0] == moving[GOAL][0] == HAND_BASE
    np.testing.assert_array_equal(moving[OBJECT][1], pose[0])
    np.testing.assert_array_equal(moving[OBJECT][2], pose[1])
    np.testing.assert_array_equal(moving[GOAL][2], goal)
    assert {to_ns(t.header.stamp) for t in bench.received["/tf"][-1].transforms} == {STAMP_NS}

    for topic, entry in VIZ_TOPICS.items():
        if topic.startswith("viz/"):
            assert bench.received[topic][-1].markers[0].header.frame_id == entry.frame
    spheres = bench.received["viz/markers"][-1].markers[0]
    colors = np.array([[c.r, c.g, c.b] for c in spheres.colors]) * 255
    expected = [COLORS[Seen.LOST if i == 4 else Seen.SEEN] for i in range(17)]
    np.testing.assert_allclose(colors, expected, atol=0.5)
    points = np.array([[p.x, p.y, p.z] for p in spheres.points])
    np.testing.assert_array_equal(points, signals["mocap/markers"][0].position[0])


def test_joint_states_are_read_by_name_and_refused_without_all_names() -> None:
    names = list(joint_names())
    message = JointState(name=["extra", *reversed(names)], position=[99.0, *range(24)])
    np.testing.assert_array_equal(joints_by_name(message).position[0], np.arange(24)[::-1])
    with pytest.raises(ValueError, match=names[0]):
        joints_by_name(JointState(name=names[1:], position=[0.0] * 23))
    with pytest.raises(ValueError, match="24 names, but 3 angles"):
        joints_by_name(JointState(name=names, position=[0.0] * 3))


@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine (Debian package: chromium)")
def test_a_click_on_stop_reaches_the_controller_and_streams_are_read_only_while_somebody_looks(
    bench: Bench, processes: Processes
) -> None:
    stops: list[Trigger.Request] = []

    def stop(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        stops.append(request)
        response.success, response.message = True, "latched"
        return response

    bench.node.create_service(Trigger, "controller/stop", stop)
    status = bench.node.create_publisher(ControllerStatus, "controller/status", 10)
    processes.start("console", [executable("inhand_console/console_node")])
    found = wait_for(
        lambda: re.search(r"page: (http://127\.0\.0\.1:\d+)", processes.log("console")), PATIENCE_S, processes.logs
    )

    def readers(topic: str) -> int:
        bench.spin()
        return bench.node.count_subscribers(topic)

    wait_for(lambda: readers("trial") == 1, PATIENCE_S, "the console's history")
    assert readers("mocap/markers") == readers("joint_states") == 0
    with Chromium() as browser:
        browser.open(found[1])
        wait_for(lambda: "NO CONTROLLER" in browser.text(), PATIENCE_S, "the page")
        wait_for(lambda: readers("mocap/markers") == 1, PATIENCE_S, "streams")

        def mode_shown() -> bool:
            status.publish(ControllerStatus(mode=ControllerStatus.SOFT_START))
            bench.spin()
            return "SOFT START" in browser.text()

        wait_for(mode_shown, PATIENCE_S, "the controller's mode")
        browser.click("STOP")
        wait_for(lambda: readers("trial") and stops, PATIENCE_S, "the service call")
        wait_for(lambda: "stop the hand: done (latched)" in browser.text(), PATIENCE_S, "the answer")
        browser.click("Reset")
        wait_for(lambda: "nobody offers “Reset”" in browser.text(), PATIENCE_S, "the failure")
    wait_for(lambda: readers("mocap/markers") == 0, PATIENCE_S, "the streams to be let go")
