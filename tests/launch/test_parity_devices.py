"""The graph on simulated and on emulated devices is the same: topics, types, QoS, frames, units, rates, ranges."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from support.listener import Listener, collect
from support.parity import Observed, differences, observe
from support.processes import wait_for

from inhand_core.graph import load_graph
from inhand_drivers.hand.wire import missing_capability

LONG, SECONDS = 240.0, 6.0
SPEC = load_graph("realtime")
STREAMS = {name: topic.message for name, topic in SPEC.topics.items() if not topic.on_change}
DEVICES = {
    "phasespace": ("mocap/markers", "fingertips", "object/pose"),
    "hand": ("hand/sensors", "hand/motor_commands", "joint_states"),
}
"""Topics to compare by device: its own first, then what is made of it."""
DRIVERS = {"phasespace": "phasespace", "hand": "hand_driver"}
"""Names of the drivers' nodes."""
MISSING = {"hand": missing_capability()}
"""What an emulator needs and this machine does not permit, by device."""


@dataclass(frozen=True)
class Graph:
    """What a run looked like: types by published topic, and what came on the streams."""

    types: dict[str, list[str]]
    streams: dict[str, Observed]


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def listen(domain: int, launch) -> Callable[..., Graph]:
    """Launches the system with some arguments, waits for a moving hand, and observes all streams."""

    def run(*arguments: str) -> Graph:
        listener = Listener(domain, STREAMS)
        launched = launch("sim.launch.xml", "console:=false", "goal_timeout:=80.0", *arguments)
        ended = launched.process.poll
        try:
            wait_for(lambda: len(listener.raw("hand/action")) > 10 or ended() is not None, LONG, "actions")
            assert ended() is None, launched.output[-4000:]
            collect(listener, SECONDS)
            types = dict(listener.node.get_topic_names_and_types())
            published = {name: kinds for name, kinds in types.items() if listener.node.count_publishers(name)}
            return Graph(published, {topic: observe(listener, topic) for topic in STREAMS})
        finally:
            launched.process.terminate()
            launched.process.wait(60.0)
            listener.close()
            time.sleep(1.0)

    return run


@pytest.fixture(scope="module")
def simulated(listen) -> Graph:
    """The topics of the simulated devices."""
    return listen()


@pytest.fixture(scope="module")
def emulated(listen, domain: int) -> Graph:
    """The topics of drivers on emulated devices, all at once."""
    devices = ",".join(["cameras", *(device for device in DEVICES if MISSING.get(device) is None)])
    return listen(f"emulate:={devices}", f"phasespace_server:=127.0.0.1:{free_port()}", f"hand_interface:=ec{domain}")


@pytest.mark.parametrize("device", DEVICES)
def test_an_emulated_device_and_its_driver_look_like_the_simulated_one(device: str, simulated, emulated) -> None:
    if missing := MISSING.get(device):
        pytest.skip(missing)
    own, *derived = DEVICES[device]
    simulated, emulated = simulated.streams, emulated.streams
    found = {own: differences(simulated[own], emulated[own], loose=("motor_current", "start"))}
    found |= {topic: differences(simulated[topic], emulated[topic], own=False) for topic in derived}
    assert not {topic: texts for topic, texts in found.items() if texts}
    assert simulated[own].nodes == ("sim",) and emulated[own].nodes == (DRIVERS[device],)


def test_both_graphs_have_the_same_topics(simulated: Graph, emulated: Graph) -> None:
    """But for the emulators' back side and the drivers' lifecycles, which nobody in the graph listens to."""
    assert {"/mocap/markers", "/hand/sensors", "/camera_top/image_raw", "/trial", "/tf"} <= set(simulated.types)
    assert {name: emulated.types.get(name) for name in simulated.types} == simulated.types
    more = set(emulated.types) - set(simulated.types)
    assert all(name.startswith("/sim/") or name.endswith("/transition_event") for name in more), sorted(more)


def test_the_policy_closes_the_loop_through_all_drivers_at_once(emulated) -> None:
    """Motion capture, cameras and hand are emulated; actions reach the motors, and joints move."""
    emulated = emulated.streams
    low, high = emulated["hand/motor_commands"].ranges["torque"]
    assert low < 0.0 < high and np.isfinite([low, high]).all()
    low, high = emulated["joint_states"].ranges["position"]
    assert high - low > 0.05
    assert emulated["policy/action"].ranges["bins"][1] > emulated["policy/action"].ranges["bins"][0]
