"""Simulated time waits for the graph: a slow node makes it slow, and nothing else.

Nothing here depends on how fast the machine is: nodes are stopped for longer than every time-out of the graph and for
less than the simulator's patience.
"""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
from support.processes import wait_for

from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import to_ns

LONG = 120.0  # [s] limit of every wait
STALL_S = 1.5  # 75 sensor time-outs, 6 action time-outs
PATIENCE_S = 10.0
SPEED = 0.5


@pytest.fixture(scope="module")
def system(launch, probe):
    """The simulated system in slow motion, with much patience."""
    launched = launch("sim.launch.xml", "console:=false", f"speed:={SPEED}", f"patience:={PATIENCE_S}")
    wait_for(lambda: running(probe), 240.0, lambda: f"a running controller\n{launched.output[-4000:]}")
    return launched


def running(probe) -> bool:
    """Whether the newest report of the controller says so."""
    status = probe.newest("controller/status")
    return status is not None and status.mode == ControllerStatus.RUNNING


def clock_ns(probe) -> int:
    """The newest simulated time [ns]."""
    return to_ns(probe.newest("clock").clock)


def go_on(probe, seconds: float) -> None:
    """Waits for so much more of simulated time."""
    end = clock_ns(probe) + round(1e9 * seconds)
    wait_for(lambda: clock_ns(probe) >= end, LONG, f"{seconds} s of simulated time")


@pytest.mark.parametrize(
    "program", ["policy_node", "smoother_node", "rt_node", "tracker_node", "goal_node", "sim_node"]
)
def test_a_node_that_stalls_is_waited_for_and_nobody_holds(system, probe, program: str) -> None:
    go_on(probe, 0.5)
    before = probe.newest("controller/status")
    wall = time.monotonic()
    pid = system.pid(program)
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(STALL_S)
        stood = clock_ns(probe)
    finally:
        os.kill(pid, signal.SIGCONT)
    go_on(probe, 1.0)
    after = probe.newest("controller/status")
    assert (after.holds, after.zero_torques) == (before.holds, before.zero_torques)
    modes = {status.mode for status in probe.since("controller/status", wall)}
    assert modes == {ControllerStatus.RUNNING}
    assert clock_ns(probe) >= stood + 10**9 and system.process.poll() is None
    actions = [to_ns(message.header.stamp) for message in probe.since("hand/action", wall)]
    assert len(actions) > 5 and np.diff(actions).max() < 200_000_000, "one each 80 ms, goal and pose in time for it"


def test_every_node_of_the_graph_runs_on_the_simulator_s_clock(system, probe) -> None:
    from rcl_interfaces.srv import GetParameters

    for node in ("controller", "policy", "smoother", "tracker", "goal", "monitor", "state_publisher"):
        answer = probe.call(GetParameters, f"{node}/get_parameters", names=["use_sim_time"])
        assert [value.bool_value for value in answer.values] == [True], node


def test_slow_motion_is_asked_for_and_never_exceeded(system, probe) -> None:
    go_on(probe, 3.0)
    status = probe.newest("sim/status")
    assert (status.speed, status.waits) == (SPEED, True)
    assert 0.0 < status.real_time_factor < 1.3 * SPEED


def test_all_readings_get_one_command_each_in_order(system, probe) -> None:
    wall = time.monotonic()
    go_on(probe, 2.0)
    commands = probe.since("hand/motor_commands", wall)
    numbers = [command.sensors_sequence for command in commands]
    stamps = [to_ns(command.header.stamp) for command in commands]
    assert len(numbers) > 100 and np.diff(numbers).min() == 1, "the probe may lose some, never one twice"
    assert (np.diff(stamps) == 5_000_000 * np.diff(numbers)).all()
