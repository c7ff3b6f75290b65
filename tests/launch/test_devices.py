"""Real devices in place of simulated ones: robot.launch.xml on fake drivers, and a device left out of the simulator."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

import pytest
from std_srvs.srv import SetBool
from support.processes import wait_for

from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.signals import HandSensors
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import Labels, encode
from inhand_ros.messages import message_class
from inhand_ros.qos import publisher_qos

LONG = 240.0
SPEC = load_graph("realtime")


@pytest.fixture
def drivers(probe) -> Iterator[None]:
    """Publishes a still hand with the block on its palm, as drivers do: at their rates, stamped with the wall clock.

    Its sensors are never still to the count, as those of a real hand are not.
    """
    graph = InProcessGraph(SPEC, only=["sim"])
    scene = graph.step()
    outlets = {}
    for topic in ("mocap/markers", "hand/sensors"):
        kind = message_class(SPEC.topics[topic].message)
        outlets[topic] = probe.node.create_publisher(kind, topic, publisher_qos(SPEC, topic))
    done = threading.Event()

    def drive(topic: str) -> None:
        number, start = 0, time.monotonic()
        while not done.is_set():
            seen = scene[topic]
            if isinstance(seen, HandSensors):
                seen = dataclasses.replace(seen, hall=seen.hall + 3.0 * (number % 2))
            outlets[topic].publish(encode(seen, time.time_ns(), number, Labels()))
            number += 1
            time.sleep(max(0.0, start + number / SPEC.topics[topic].rate - time.monotonic()))

    threads = [threading.Thread(target=drive, args=(topic,)) for topic in outlets]
    for thread in threads:
        thread.start()
    yield
    done.set()
    for thread in threads:
        thread.join()
    for outlet in outlets.values():
        probe.node.destroy_publisher(outlet)


def test_the_robots_controller_waits_for_a_person(launch, probe, drivers) -> None:
    launched = launch("robot.launch.xml", "console:=false", "record:=false", "phasespace:=off", "hand:=off")
    wait_for(lambda: probe.newest("hand/action"), LONG, lambda: f"actions\n{launched.output[-4000:]}")
    wait_for(lambda: probe.newest("controller/status"), LONG, "the controller's report")
    time.sleep(1.0)
    modes = {message.mode for _, message in probe.heard["controller/status"]}
    assert modes == {ControllerStatus.DISABLED}
    assert not any(message.torque.any() for _, message in probe.heard["hand/motor_commands"])
    assert probe.call(SetBool, "controller/enable", data=True).success
    wait_for(lambda: probe.newest("controller/status").mode == ControllerStatus.RUNNING, LONG, "a running controller")
    assert probe.call(SetBool, "controller/enable", data=False).success
    launched.process.terminate()
    assert launched.process.wait(30.0) is not None
    assert not probe.heard["clock"], "no simulator, no simulated time"


def test_a_device_left_out_of_the_simulator_has_no_publisher(launch, probe) -> None:
    launched = launch("sim.launch.xml", "console:=false", "phasespace:=off")
    before = time.monotonic()
    wait_for(lambda: probe.since("hand/sensors", before), LONG, lambda: f"sensors\n{launched.output[-4000:]}")
    wait_for(lambda: probe.since("controller/status", before), LONG, "the controller's report")
    time.sleep(1.0)
    assert not probe.since("mocap/markers", before)
    assert not probe.since("policy/action", before), "a policy that sees nothing says nothing"
    # On a busy machine late sensors may stop the torque for a moment; without actions it never runs.
    wait_for(lambda: probe.newest("controller/status").mode == ControllerStatus.HOLD, LONG, "the hold")
    modes = {message.mode for message in probe.since("controller/status", before)}
    assert ControllerStatus.RUNNING not in modes
