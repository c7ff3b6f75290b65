"""Tracker, goals, policy and smoother over DDS in real time: services, lifecycle, and what happens without markers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger
from support.processes import Processes, executable, wait_for

from inhand_core.graph import load_graph
from inhand_core.signals import EndReason, Markers, TrialState
from inhand_description.scene import START
from inhand_policy.export import initial_weights
from inhand_policy.layout import marker_layout
from inhand_policy.network import NetworkSizes
from inhand_policy.weights import save_weights
from inhand_ros.codecs import Labels, encode
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos, publisher_qos

SPEC = load_graph("realtime")
TOPICS = ("fingertips", "object/pose", "goal", "trial", "policy/action", "hand/action")
NODES = {
    "tracker": [],
    "goal": ["-p", "auto_start:=false", "-p", "auto_restart:=false", "-p", "lost_limit_s:=0.5"],
    "policy": ["-p", "deterministic:=false"],
    "smoother": [],
}


class Cameras:
    """Stands in for the capture system: a still hand with a block above the palm, at about 100 Hz while `on`."""

    def __init__(self, domain: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("cameras", context=self.context)
        self.on, self._sequence = True, 0
        self.received: dict[str, list] = {topic: [] for topic in TOPICS}
        for topic in TOPICS:
            kind, latched = message_class(SPEC.topics[topic].message), SPEC.topics[topic].qos == "latched"
            self.node.create_subscription(kind, topic, self.received[topic].append, observer_qos(latched=latched))
        kind = message_class(SPEC.topics["mocap/markers"].message)
        self._out = self.node.create_publisher(kind, "mocap/markers", publisher_qos(SPEC, "mocap/markers", False))
        self.node.create_timer(0.01, self._frame)
        layout = marker_layout("block")
        self.position = np.zeros((1, 17, 3))
        self.position[:, layout.hand] = layout.hand_positions
        self.position[:, layout.fingertips] = np.array(START.object_position) + 0.06 * np.eye(5, 3)
        self.position[:, layout.object] = layout.object_positions + START.object_position
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._thread = threading.Thread(target=self.executor.spin)
        self._thread.start()

    def _frame(self) -> None:
        if self.on:
            stamp = self.node.get_clock().now().nanoseconds
            frame = Markers(self.position, np.ones((1, 17)))
            self._out.publish(encode(frame, stamp, self._sequence, Labels(marker_ids=tuple(range(17)))))
            self._sequence += 1

    def call(self, kind: type, name: str, request: object) -> object:
        """Calls a service from this thread and returns the response."""
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(30.0), name
        future = client.call_async(request)
        wait_for(future.done, 30.0, name)
        return future.result()

    def newest(self, topic: str) -> object:
        """The newest message, None before the first."""
        return self.received[topic][-1] if self.received[topic] else None

    def trial(self) -> tuple[int, int, int]:
        """Id, state and reason of the newest trial message; state -1 before the first."""
        message = self.newest("trial")
        return (message.trial_id, message.state, message.reason) if message else (0, -1, 0)

    def close(self) -> None:
        self.executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def graph(processes: Processes, domain: int, tmp_path) -> Iterator[Cameras]:
    """The four nodes, and the cameras in front of them."""
    path = tmp_path / "random.safetensors"
    save_weights(path, initial_weights(1, sizes=NetworkSizes(64, 32)))
    for name, arguments in NODES.items():
        weights = ["-p", f"weights:={path}"] if name == "policy" else []
        command = [executable(f"inhand_policy/{name}_node"), "--ros-args", *arguments, *weights]
        processes.start(name, command)
    cameras = Cameras(domain)
    wait_for(lambda: all(cameras.received[t] for t in TOPICS), 60.0, lambda: f"all topics\n{processes.logs()}")
    yield cameras
    cameras.close()


def moved(message: object) -> bool:
    return bool(np.any(np.asarray(message.action) != 0.0))


def test_trials_start_and_stop_by_service_and_a_lost_object_ends_one(graph, processes):
    assert graph.trial() == (0, TrialState.IDLE, EndReason.NONE)
    assert not moved(graph.newest("policy/action")) and graph.newest("object/pose").valid

    assert graph.call(Trigger, "trial/start", Trigger.Request()).success
    wait_for(lambda: moved(graph.newest("hand/action")), 20.0, processes.logs)
    assert graph.trial() == (0, TrialState.RUNNING, EndReason.NONE)
    again = graph.call(Trigger, "trial/start", Trigger.Request())
    assert not again.success and "is running" in again.message

    assert graph.call(Trigger, "trial/stop", Trigger.Request()).success
    wait_for(lambda: graph.trial() == (0, TrialState.ENDED, EndReason.STOPPED), 20.0, processes.logs)
    assert not graph.call(Trigger, "trial/stop", Trigger.Request()).success

    assert graph.call(Trigger, "trial/start", Trigger.Request()).success
    wait_for(lambda: graph.trial() == (1, TrialState.RUNNING, EndReason.NONE), 20.0, processes.logs)
    graph.on = False
    wait_for(lambda: graph.trial() == (1, TrialState.ENDED, EndReason.DROPPED), 20.0, processes.logs)
    count = len(graph.received["policy/action"])
    time.sleep(0.4)
    assert len(graph.received["policy/action"]) == count  # silent without its inputs, so that the controller holds
    graph.on = True
    wait_for(lambda: len(graph.received["policy/action"]) > count + 3, 20.0, processes.logs)
    assert not moved(graph.newest("policy/action"))

    for topic in ("policy/action", "hand/action"):
        sequences = [message.sequence for message in graph.received[topic]]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences))), topic
    lines = processes.log("policy").splitlines()
    assert lines and all("RANDOM_UNTRAINED_WEIGHTS" in line for line in lines)


def test_policy_acts_only_while_active(graph, processes):
    assert graph.call(Trigger, "trial/start", Trigger.Request()).success
    wait_for(lambda: moved(graph.newest("policy/action")), 20.0, processes.logs)
    change = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert graph.call(ChangeState, "policy/change_state", change).success
    time.sleep(0.3)
    count = len(graph.received["policy/action"])
    time.sleep(0.5)
    assert len(graph.received["policy/action"]) == count
    change.transition.id = Transition.TRANSITION_ACTIVATE
    assert graph.call(ChangeState, "policy/change_state", change).success
    wait_for(lambda: len(graph.received["policy/action"]) > count + 3, 20.0, processes.logs)


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["-p", "weights:=/gone.safetensors"], "/gone.safetensors: no such file"),
        (["-p", "object_max_age_s:=-1.0"], "object_max_age_s must be > 0"),
        (["-p", "determinist:=true"], "determinist"),
    ],
)
def test_bad_parameters_end_the_node_with_a_message(processes, arguments, culprit):
    process = processes.start("policy", [executable("inhand_policy/policy_node"), "--ros-args", *arguments])
    assert process.wait(60.0) == 2
    assert culprit in processes.log("policy")
