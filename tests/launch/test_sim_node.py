"""The simulator's node alone: devices that are off, services and what they refuse, wrong parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_interfaces.srv import SetObjectPose, Step
from inhand_ros.codecs import to_ns

TICK_NS, POLICY_TICKS = 2_500_000, 32


@pytest.fixture
def start(processes: Processes) -> Callable[..., None]:
    """Starts the node with parameters."""

    def run(*parameters: str) -> None:
        words = [word for parameter in parameters for word in ("-p", parameter)]
        processes.start("sim_node", [executable("inhand_sim/sim_node"), "--ros-args", *words])

    return run


@pytest.fixture(autouse=True)
def quiet(probe: Probe) -> Iterator[None]:
    """Forgets what earlier nodes published."""
    for messages in probe.heard.values():
        messages.clear()
    yield


def pose(frame: str, **quaternion: float) -> PoseStamped:
    message = PoseStamped()
    message.header.frame_id = frame
    message.pose.position.x, message.pose.position.y, message.pose.position.z = 0.0, -0.3, 0.4
    for name, value in (quaternion or {"w": 1.0}).items():
        setattr(message.pose.orientation, name, value)
    return message


def test_time_starts_on_the_graph_s_grid_and_every_frame_is_numbered(start, probe: Probe) -> None:
    start()
    wait_for(lambda: len(probe.heard["hand/sensors"]) > 100, 60.0, "hand sensors")
    markers = [message for _, message in probe.heard["mocap/markers"]]
    first = to_ns(markers[0].header.stamp) - markers[0].sequence * 1e9 / 240
    start_ns = round(first / 2e9) * 2_000_000_000  # time begins on a multiple of 2 s
    assert all(0 <= to_ns(m.header.stamp) - start_ns - m.sequence * 1e9 / 240 < TICK_NS for m in markers)
    clock = [to_ns(m.clock) for _, m in probe.heard["clock"]]
    assert clock == sorted(clock) and all(t % 10_000_000 == 0 for t in clock)
    assert abs(clock[-1] / 1e9 - time.time()) < 60.0


def test_a_device_that_is_off_publishes_nothing(start, probe: Probe) -> None:
    start("phasespace:=off")
    wait_for(lambda: probe.newest("hand/sensors"), 60.0, "hand sensors")
    assert not probe.heard["mocap/markers"]
    assert not [p for p in probe.node.get_publishers_info_by_topic("/mocap/markers") if p.node_name == "sim"]


def test_step_moves_a_paused_world_by_whole_policy_ticks(start, probe: Probe) -> None:
    start()
    wait_for(lambda: probe.newest("sim/status"), 60.0, "a status")
    refused = probe.call(Step, "sim/step", ticks=2)
    assert not refused.success and "paused" in refused.message
    assert probe.call(SetBool, "sim/pause", data=True).success
    before = paused_ticks(probe)
    assert probe.call(Step, "sim/step", ticks=3).success
    wait_for(lambda: probe.newest("sim/status").ticks == before + 3 * POLICY_TICKS, 20.0, "three steps")
    assert paused_ticks(probe) == before + 3 * POLICY_TICKS
    assert not probe.call(Step, "sim/step", ticks=0).success


def paused_ticks(probe: Probe) -> int:
    """Ticks of a status that was published well after the pause began."""
    then = time.monotonic() + 0.3
    messages = wait_for(lambda: [m for m in probe.since("sim/status", then) if m.paused], 20.0, "a pause")
    return messages[-1].ticks


def test_the_object_is_placed_in_either_frame_and_nonsense_is_refused(start, probe: Probe) -> None:
    start()
    wait_for(lambda: probe.newest("sim/object_pose"), 60.0, "the truth")
    assert probe.call(SetBool, "sim/pause", data=True).success
    assert probe.call(SetObjectPose, "sim/set_object_pose", pose=pose("hand_base")).success
    assert probe.call(SetObjectPose, "sim/set_object_pose", pose=pose("world")).success
    for wrong, culprit in (
        (pose("palm"), "'palm' is not one of"),
        (pose("world", w=0.0), "zero"),
        (pose("world", w=float("nan")), "not finite"),
    ):
        answer = probe.call(SetObjectPose, "sim/set_object_pose", pose=wrong)
        assert not answer.success and culprit in answer.message


@pytest.mark.parametrize(
    ("parameter", "culprit"),
    [
        ("hand:=real", "hand: 'real' is not one of"),
        ("object:=ball", "'ball' is not one of"),
        ("randomization:=fysics", "fysics"),
        ("threds:=2", "threds"),
        ("markers_rate:=500", "markers_rate"),
    ],
)
def test_bad_parameters_end_the_node_with_a_message(start, processes: Processes, parameter: str, culprit: str) -> None:
    start(parameter)
    assert wait_for(lambda: processes.running["sim_node"].poll(), 60.0, processes.logs) == 2
    assert culprit in processes.log("sim_node")
    assert "Traceback" not in processes.log("sim_node")
