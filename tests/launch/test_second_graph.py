"""One graph in a domain: launch files refuse a second one, and the simulated hand obeys one controller."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_core.claim import claim_number
from inhand_core.signals import MotorCommands
from inhand_ros import Labels, encode
from inhand_ros.messages import message_class

LONG = 90.0
GUARD = [executable("inhand_control/graph_guard"), "/clock", "/hand/motor_commands", "/controller/status"]
TOPICS = {"hand/sensors": "inhand_interfaces/msg/HandSensors", "diagnostics": "diagnostic_msgs/msg/DiagnosticArray"}
SIM = [executable("inhand_sim/sim_node"), "--ros-args", "-p", "claim:=ours"]


@pytest.fixture
def other(domain: int) -> Iterator[Probe]:
    """A node of somebody else's, in the same domain."""
    probe = Probe(domain, TOPICS)
    yield probe
    probe.close()


def run(command: list[str]) -> subprocess.CompletedProcess:
    """A program that ends by itself."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_an_empty_domain_is_free(domain: int) -> None:
    done = run(GUARD)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_domain_with_nodes_that_publish_nothing_of_the_graph_is_free(other: Probe) -> None:
    assert run(GUARD).returncode == 0


@pytest.mark.parametrize("file", ["sim.launch.xml", "robot.launch.xml", "calibration.launch.xml"])
def test_launch_refuses_a_domain_that_has_a_graph_and_says_what_to_do(other: Probe, domain: int, file: str) -> None:
    other.node.create_publisher(Clock, "/clock", 10)
    done = run([shutil.which("ros2"), "launch", "inhand_bringup", file])
    assert done.returncode != 0
    said = done.stdout + done.stderr
    for words in (f"domain {domain} has a graph already", "/clock is published by /probe", "ROS_DOMAIN_ID"):
        assert words in said, said
    assert "process started" not in said


def test_the_part_without_the_hand_starts_beside_it(other: Probe) -> None:
    """A graph split over two hosts: the policy's launch finds the hand's half, as it must."""
    other.node.create_publisher(Clock, "/clock", 10)
    assert run([GUARD[0], "/policy/action"]).returncode == 0


def test_the_simulated_hand_obeys_its_own_controller_alone(other: Probe, processes: Processes) -> None:
    processes.start("sim", SIM)
    wait_for(lambda: other.newest("hand/sensors"), LONG, processes.logs)
    outlet = other.node.create_publisher(
        message_class("inhand_interfaces/msg/MotorCommands"), "hand/motor_commands", 10
    )

    def command(claim: int, seconds: float) -> float:
        """Largest current of the motors while somebody commands them for a time."""
        wall = time.monotonic()
        while time.monotonic() < wall + seconds:
            newest = other.newest("hand/sensors")
            stamp = newest.header.stamp.sec * 10**9 + newest.header.stamp.nanosec
            outlet.publish(encode(MotorCommands(np.full((1, 20), 0.1)), stamp, 0, Labels(claim=claim)))
            time.sleep(0.002)
        return max(np.abs(message.motor_current).max() for message in other.since("hand/sensors", wall))

    wait_for(outlet.get_subscription_count, LONG, "the simulator's subscription")
    assert command(claim_number("theirs"), 3.0) == 0.0
    assert command(0, 1.0) == 0.0

    def named() -> bool:
        found = [s for m in other.since("diagnostics", 0.0) for s in m.status if s.name.startswith("sim")]
        return any(s.level == DiagnosticStatus.ERROR and "publishes motor commands too" in s.message for s in found)

    wait_for(named, LONG, "an error in the diagnostics")
    wait_for(lambda: command(claim_number("ours"), 0.5) > 0.0, LONG, "motors that follow their own controller")
