"""What the running system does when a node dies, when a person intervenes, when the simulator is paused."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool, Trigger
from support.processes import wait_for

from inhand_interfaces.msg import ControllerStatus
from inhand_interfaces.srv import SetObjectPose, Step
from inhand_ros.codecs import to_ns

LONG = 90.0  # [s] limit of every wait; machines that run tests are slow at times
SAFE = {ControllerStatus.HOLD, ControllerStatus.ZERO_TORQUE}
PROGRAMS = {
    "sim_node": "mocap/markers",
    "tracker_node": "object/pose",
    "goal_node": "trial",
    "policy_node": "policy/action",
    "smoother_node": "hand/action",
    "rt_node": "hand/motor_commands",
}


@pytest.fixture(scope="module")
def system(launch, probe, folder):
    """The simulated system, running and recorded until the module's end."""
    recorded = ("record:=true", f"bag:={folder / 'bag'}")
    launched = launch("sim.launch.xml", "console:=false", "goal_timeout:=80.0", *recorded)
    wait_for(lambda: running(probe), 240.0, lambda: f"a running controller\n{launched.output[-4000:]}")
    return launched


def running(probe) -> bool:
    """Whether the newest report of the controller says so."""
    status = probe.newest("controller/status")
    return status is not None and status.mode == ControllerStatus.RUNNING


def standing_clock(probe) -> int:
    """The simulated time [ns] once it has stood still for two seconds: on a busy machine messages arrive late."""

    def stands() -> bool:
        before = to_ns(probe.newest("clock").clock)
        time.sleep(2.0)
        return to_ns(probe.newest("clock").clock) == before

    wait_for(stands, LONG, "a clock that stands")
    return to_ns(probe.newest("clock").clock)


def counts(status) -> tuple[int, int]:
    """Holds and zero torques that the controller has entered."""
    return status.holds, status.zero_torques


def modes_since(probe, wall: float) -> set[int]:
    """Modes that the controller has reported since a time."""
    return {message.mode for message in probe.since("controller/status", wall)}


def is_safe(probe, program: str, wall: float) -> bool:
    """Whether the hand has been safe at some time since: the controller holds or gives no torque, or motors rest."""
    return motors_rest(probe, wall) if program == "rt_node" else bool(modes_since(probe, wall) & SAFE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_node_that_hangs_is_found_by_wall_time_and_the_hand_is_safe(system, probe, program: str) -> None:
    wait_for(lambda: running(probe), LONG, "a running controller before")
    pid, wall, gave_up = system.pid(program), time.monotonic(), probe.newest("sim/status").gave_up
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: is_safe(probe, program, wall), LONG, lambda: f"safety; had {modes_since(probe, wall)}")
    finally:
        os.kill(pid, signal.SIGCONT)
    if program != "sim_node":
        wait_for(lambda: probe.newest("sim/status").gave_up > gave_up, LONG, "word that it was waited for first")
    back = time.monotonic()
    wait_for(lambda: ControllerStatus.RUNNING in modes_since(probe, back), LONG, "the controller running again")
    stamps = [to_ns(message.header.stamp) for message in probe.since("policy/action", wall)]
    assert (np.diff(stamps) >= 70_000_000).all(), "no burst: an action each 80 ms, known to a tick of /clock"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_killed_node_is_found_and_comes_back(system, probe, program: str) -> None:
    wait_for(lambda: running(probe), LONG, "a running controller before the kill")
    pid, seen, gave_up = system.pid(program), len(system.output), probe.newest("sim/status").gave_up
    wall = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: f"process has died [pid {pid}, exit code -9" in system.output[seen:], LONG, "launch's report")
    if program == "sim_node":
        wait_for(lambda: modes_since(probe, wall) & SAFE, LONG, lambda: f"safety; had {modes_since(probe, wall)}")
    else:
        wait_for(lambda: probe.newest("sim/status").gave_up > gave_up, LONG, "the end of the simulator's patience")
    wait_for(lambda: system.pid(program) != pid, LONG, "a respawned process")
    back = time.monotonic()
    wait_for(lambda: probe.since(PROGRAMS[program], back), LONG, f"{PROGRAMS[program]} of the respawned node")
    wait_for(lambda: probe.since("hand/action", back), LONG, "actions again")
    if program == "rt_node":  # it does not come back enabled by itself
        wait_for(lambda: ControllerStatus.DISABLED in modes_since(probe, back), LONG, "a disabled controller")
        assert modes_since(probe, back) <= {ControllerStatus.DISABLED}
        assert probe.call(SetBool, "controller/enable", data=True).success
    wait_for(lambda: ControllerStatus.RUNNING in modes_since(probe, back), LONG, "the controller running again")


@pytest.mark.parametrize("program", ["monitor_node", "state_publisher", "camera_node"])
def test_a_killed_bystander_comes_back_and_disturbs_nobody(system, probe, program: str) -> None:
    wait_for(lambda: running(probe), LONG, "a running controller before the kill")
    pid = system.pid(program)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: system.pid(program) != pid, LONG, "a respawned process")
    back = time.monotonic()
    wait_for(lambda: len(probe.since("hand/action", back)) > 5, LONG, "actions all the time")
    assert system.process.poll() is None


def test_a_killed_recorder_goes_on_in_another_folder(system, folder) -> None:
    def written(name: str) -> int:
        return sum(file.stat().st_size for file in (folder / name).glob("*.mcap"))

    wait_for(lambda: written("bag"), LONG, lambda: f"a chunk on the disk\n{system.output[-2000:]}")
    pid = system.pid("recorder_node")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: system.pid("recorder_node") != pid, LONG, "a respawned recorder")
    wait_for(lambda: written("bag_2"), LONG, lambda: f"a chunk of the next take\n{system.output[-2000:]}")
    assert written("bag"), "the first take is still there"


def motors_rest(probe, wall: float) -> bool:
    """Whether the simulated motors have drawn no current at some time since."""
    return any(not np.any(message.motor_current) for message in probe.since("hand/sensors", wall))


def test_the_monitor_reports_silence(system, probe) -> None:
    """After the kills above: streams fell silent and came back."""
    assert "/mocap/markers is silent" in system.output
    assert "/mocap/markers is back" in system.output


def test_clock_stays_monotonic_over_a_respawned_simulator(system, probe) -> None:
    times = [to_ns(message.clock) for _, message in probe.heard["clock"]]
    assert (np.diff(times) >= 0).all()  # a time that stands is said again, as a sign of life


def test_stop_latches_until_cleared_and_enabled(system, probe) -> None:
    wait_for(lambda: running(probe), LONG, "a running controller")
    assert probe.call(Trigger, "controller/stop").success
    wait_for(lambda: probe.newest("controller/status").mode == ControllerStatus.STOPPED, LONG, "stopped")
    assert not probe.call(SetBool, "controller/enable", data=True).success, "enabling must not undo a stop"
    # The status may overtake commands that are still on their way.
    wait_for(lambda: not np.any(probe.newest("hand/motor_commands").torque), LONG, "zero torque")
    assert probe.newest("controller/status").mode == ControllerStatus.STOPPED
    assert probe.call(Trigger, "controller/clear").success
    assert probe.call(SetBool, "controller/enable", data=True).success
    wait_for(lambda: running(probe), LONG, "a running controller")


def test_pause_stops_time_and_step_moves_on_by_ticks(system, probe) -> None:
    before_pause = probe.newest("controller/status")
    assert probe.call(SetBool, "sim/pause", data=True).success
    wait_for(lambda: probe.newest("sim/status").paused, LONG, "the pause")
    try:
        before = standing_clock(probe)
        assert probe.call(Step, "sim/step", ticks=3).success
        wait_for(lambda: to_ns(probe.newest("clock").clock) != before, LONG, "a clock that moves")
        assert standing_clock(probe) == before + 240_000_000  # three ticks of 80 ms
    finally:
        assert probe.call(SetBool, "sim/pause", data=False).success  # the tests after this one want it running
    wait_for(lambda: to_ns(probe.newest("clock").clock) > before + 10**9, LONG, "a second more")
    assert running(probe), "a pause is no fault: nothing was missing when time went on"
    assert counts(probe.newest("controller/status")) == counts(before_pause)
    assert not probe.call(Step, "sim/step", ticks=1).success, "a running simulation does not step"


def test_the_object_goes_where_it_is_put_and_reset_takes_it_back(system, probe) -> None:
    pose = PoseStamped()
    pose.header.frame_id = "world"
    pose.pose.position.z = 2.0
    pose.pose.orientation.w = 1.0
    start = probe.newest("sim/object_pose").pose.pose.position
    wall = time.monotonic()
    assert probe.call(SetObjectPose, "sim/set_object_pose", pose=pose).success

    def moved() -> bool:
        places = [m.pose.pose.position for m in probe.since("sim/object_pose", wall)]
        return any(np.hypot(np.hypot(p.x - start.x, p.y - start.y), p.z - start.z) > 0.5 for p in places)

    wait_for(moved, LONG, "the object far above")
    pose.header.frame_id = "nowhere"
    refused = probe.call(SetObjectPose, "sim/set_object_pose", pose=pose)
    assert not refused.success and "hand_base" in refused.message


def test_a_drop_ends_the_trial_and_the_next_one_starts(system, probe) -> None:
    """The object that was thrown away above: a drop, a new trial, the object back on the palm."""
    wait_for(lambda: any(m.reason == m.REASON_DROPPED for _, m in probe.heard["trial"]), LONG, "a dropped object")
    wall, dropped = [(at, m.trial_id) for at, m in probe.heard["trial"] if m.reason == m.REASON_DROPPED][-1]
    # Another number, not a higher one: a goal node that was killed above counts from the beginning.
    wait_for(lambda: any(m.trial_id != dropped for m in probe.since("trial", wall)), LONG, "the next trial")
    wall = time.monotonic()
    wait_for(lambda: [m for m in probe.since("object/pose", wall) if m.valid], LONG, "the object seen again")
