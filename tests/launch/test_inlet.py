"""policy:=joints: trajectories and joint targets move the simulated hand, and are refused where they must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from support.probe import Probe
from support.processes import wait_for
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from inhand_description import ACTUATOR_NAMES, JOINT_NAMES
from inhand_interfaces.msg import ControllerStatus, HandAction
from inhand_ros import to_ns

LONG = 240.0
FIRST, SECOND = JOINT_NAMES.index("rh_FFJ3"), JOINT_NAMES.index("rh_MFJ3")
TOPICS = {
    "joint_states": "sensor_msgs/msg/JointState",
    "policy/action": "inhand_interfaces/msg/HandAction",
    "controller/status": "inhand_interfaces/msg/ControllerStatus",
    "diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}


@pytest.fixture(scope="module")
def probe(domain: int) -> Iterator[Probe]:
    """Hears what the hand does."""
    listener = Probe(domain, TOPICS, (), ("controller/status",))
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def hand(launch, probe: Probe) -> Any:
    """The simulated hand with the inlet in the policy's place, enabled."""
    launched = launch("sim.launch.xml", "policy:=joints", "console:=false", "cameras:=off", "patience:=20")

    def ready() -> bool:
        status = probe.newest("controller/status")
        modes = (ControllerStatus.HOLD, ControllerStatus.RUNNING)
        return bool(status and probe.newest("joint_states")) and status.mode in modes

    wait_for(ready, LONG, lambda: launched.output[-3000:])
    return launched


def angle(probe: Probe, joint: int) -> float:
    """Angle of a joint now [rad]."""
    return probe.newest("joint_states").position[joint]


def trajectory(joint: str, target: float, seconds: float) -> JointTrajectory:
    """One joint to one place, from when the message comes."""
    whole = int(seconds)
    time = Duration(sec=whole, nanosec=round(1e9 * (seconds - whole)))
    return JointTrajectory(joint_names=[joint], points=[JointTrajectoryPoint(positions=[target], time_from_start=time)])


def complaint(probe: Probe) -> str:
    """What the inlet's newest report says."""
    found = [s for _, m in list(probe.heard["diagnostics"]) for s in m.status if s.name == "joint_inlet: graph"]
    return found[-1].message if found else ""


def test_a_trajectory_moves_its_joint_there(hand: Any, probe: Probe) -> None:
    probe.publish("joint_inlet/joint_trajectory", trajectory("rh_FFJ3", 1.0, 1.0))
    wait_for(
        lambda: abs(angle(probe, FIRST) - 1.0) < 0.15, LONG, lambda: f"{angle(probe, FIRST)} {hand.output[-2000:]}"
    )


def test_afterwards_nothing_is_commanded_and_the_controller_holds(hand: Any, probe: Probe) -> None:
    wait_for(lambda: probe.newest("controller/status").mode == ControllerStatus.HOLD, LONG, "a hold")
    assert abs(angle(probe, FIRST) - 1.0) < 0.2


def test_a_set_of_targets_moves_the_hand(hand: Any, probe: Probe) -> None:
    data = np.zeros(20)
    data[ACTUATOR_NAMES.index("rh_MFJ3")] = 0.8

    outlet = probe.node.create_publisher(Float64MultiArray, "joint_inlet/commands", 10)

    def moved() -> bool:
        outlet.publish(Float64MultiArray(data=data.tolist()))
        return abs(angle(probe, SECOND) - 0.8) < 0.15

    wait_for(moved, LONG, lambda: f"{angle(probe, SECOND)} {hand.output[-2000:]}")
    other = probe.node.create_publisher(Float64MultiArray, "joint_inlet/commands", 10)

    def refused() -> bool:
        outlet.publish(Float64MultiArray(data=data.tolist()))
        return "has 2 publishers (/probe, /probe)" in complaint(probe)

    wait_for(refused, LONG, lambda: complaint(probe))
    for one in (outlet, other):
        probe.node.destroy_publisher(one)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (trajectory("rh_FFJ3", 9.0, 1.0), "rh_FFJ3: 9 rad is out of"),
        (trajectory("rh_FFJ3", float("nan"), 1.0), "not finite"),
        (trajectory("elbow", 0.1, 1.0), "unknown joints"),
    ],
    ids=["range", "nan", "name"],
)
def test_what_cannot_be_meant_moves_nothing_and_is_told(hand: Any, probe: Probe, message: Any, why: str) -> None:
    probe.publish("joint_inlet/joint_trajectory", message)
    wait_for(lambda: why in complaint(probe), LONG, lambda: complaint(probe))


def test_it_is_refused_while_somebody_else_commands(hand: Any, probe: Probe) -> None:
    outlet = probe.node.create_publisher(HandAction, "policy/action", 10)
    probe.publish("joint_inlet/joint_trajectory", trajectory("rh_FFJ3", 0.2, 1.0))
    wait_for(lambda: "probe publishes policy/action" in complaint(probe), LONG, lambda: complaint(probe))
    probe.node.destroy_publisher(outlet)


def test_a_stop_ends_it_and_nothing_is_taken_while_stopped(hand: Any, probe: Probe) -> None:
    wait_for(lambda: not hidden(probe), LONG, "the other publisher's end")
    probe.publish("joint_inlet/joint_trajectory", trajectory("rh_FFJ3", 0.0, 30.0))
    wait_for(lambda: probe.newest("controller/status").mode == ControllerStatus.RUNNING, LONG, lambda: complaint(probe))
    assert probe.call(Trigger, "controller/stop").success
    wait_for(lambda: "ended: the controller is not enabled" in complaint(probe), LONG, lambda: complaint(probe))
    last = to_ns(probe.newest("policy/action").header.stamp)
    probe.publish("joint_inlet/joint_trajectory", trajectory("rh_FFJ3", 0.0, 1.0))
    wait_for(lambda: complaint(probe) == "the controller is not enabled", LONG, lambda: complaint(probe))
    assert to_ns(probe.newest("policy/action").header.stamp) == last


def hidden(probe: Probe) -> bool:
    """Whether a publisher of actions beside the inlet is still known."""
    return len(probe.node.get_publishers_info_by_topic("/policy/action")) > 1
