"""The graph over DDS in lockstep equals the graph in one process: same seed, all randomisation, bit for bit."""

from __future__ import annotations

import copy
import dataclasses
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from support.processes import Processes, executable, wait_for

from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.paths import config_file
from inhand_core.signals import Signal, Trial
from inhand_ros.codecs import decode, to_ns
from inhand_ros.inbox import Inbox
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos

SEED = 3
TICKS = 200
SECONDS = TICKS * 0.08
SPEC = load_graph("realtime")
Runs = dict[str, dict[int, tuple[int, Signal]]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A policy file of the paper's kind, small."""
    from inhand_policy.export import initial_weights
    from inhand_policy.network import NetworkSizes
    from inhand_policy.weights import save_weights

    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_weights(path, initial_weights(1, sizes=NetworkSizes(64, 32)))
    return str(path)


@pytest.fixture(scope="module")
def in_process(weights: str) -> Runs:
    """Every message of the in-process run: time [ns] and signal by topic and sequence number."""
    overrides = {"policy": {"weights": weights, "deterministic": False}, "controller": {"auto_enable": True}}
    graph = InProcessGraph(SPEC, batch=1, seed=SEED, randomization="all", overrides=overrides)
    seen: Runs = defaultdict(dict)
    copies: dict[tuple[str, int], Signal] = {}

    def observe(topic: str, number: int, time_ns: int, signal: Signal) -> None:
        seen[topic][number] = (time_ns, signal)
        copies[topic, number] = copy.deepcopy(signal)

    graph.observers.append(observe)
    graph.run(SECONDS)
    for (topic, number), signal in copies.items():
        assert_equal(seen[topic][number][1], signal, f"{topic} {number} was changed after it was published")
    return seen


@pytest.fixture
def over_dds(processes: Processes, domain: int, weights: str, in_process: Runs) -> Iterator[Runs]:
    """Every message of the lockstep run over DDS, as `in_process`."""
    seen: Runs = defaultdict(dict)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node("parity", context=context)
    listener = SingleThreadedExecutor(context=context)
    listener.add_node(node)
    for topic, entry in SPEC.topics.items():
        inbox = Inbox(entry.rate, lockstep=False)

        def receive(message, topic=topic, inbox=inbox) -> None:
            seen[topic][inbox.put(message)] = (to_ns(message.header.stamp), decode(message))

        qos = observer_qos(latched=True, depth=20_000)
        node.create_subscription(message_class(entry.message), topic, receive, qos)
    for component in SPEC.components:
        processes.start(component.name, [executable(component.node), *arguments(component.name, weights)])

    def complete() -> bool:
        for _ in range(200):
            listener.spin_once(timeout_sec=0.01)
        return all(len(seen[topic]) >= len(in_process[topic]) for topic in SPEC.topics)

    def where() -> str:
        counts = {topic: f"{len(seen[topic])}/{len(in_process[topic])}" for topic in SPEC.topics}
        return f"received {counts}\n{processes.logs()}"

    wait_for(complete, 240.0, where)
    yield seen
    node.destroy_node()
    context.shutdown()


def assert_equal(found: Signal, expected: Signal, what: str) -> None:
    """Every array of two signals is the same, bit for bit."""
    for field in dataclasses.fields(expected):
        have, want = getattr(found, field.name), getattr(expected, field.name)
        np.testing.assert_array_equal(have, want, err_msg=f"{what}: {field.name}")


def arguments(name: str, weights: str) -> list[str]:
    """Command line of a component's node in lockstep."""
    given = {"lockstep": "true"}
    files = []
    if name == "controller":
        given["auto_enable"] = "true"
        files = [str(config_file("hand")), str(config_file("controller"))]
    else:
        given |= {"seed": SEED, "randomization": "all", "lockstep_until_s": SECONDS}
    if name == "policy":
        given |= {"weights": weights, "deterministic": "false"}
    parameters = [word for key, value in given.items() for word in ("-p", f"{key}:={value}")]
    return ["--ros-args", *(word for file in files for word in ("--params-file", file)), *parameters]


def test_every_topic_is_equal_bit_for_bit(in_process: Runs, over_dds: Runs) -> None:
    for topic, expected in in_process.items():
        assert sorted(over_dds[topic]) == sorted(expected), topic
        for number, (time_ns, signal) in expected.items():
            stamp_ns, found = over_dds[topic][number]
            assert stamp_ns == time_ns, f"{topic} {number}: stamp"
            assert_equal(found, signal, f"{topic} {number}")


def test_the_compared_run_is_eventful(in_process: Runs) -> None:
    """A run in which nothing happens would prove nothing."""
    assert len(in_process["policy/action"]) == TICKS
    trials: list[Trial] = [signal for _, signal in in_process["trial"].values()]
    assert len({int(trial.trial_id[0]) for trial in trials}) >= 2, "no trial ended: resets are not compared"
    actions = np.concatenate([signal.action for _, signal in in_process["hand/action"].values()])
    assert actions.std() > 0.05
    conditions = np.concatenate([signal.condition for _, signal in in_process["mocap/markers"].values()])
    assert (conditions <= 0).any(), "no marker was lost"
