"""A policy of one's own in the graph: `policy:=off` and the example node beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from support.processes import wait_for

from inhand_interfaces.msg import Trial

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/own_policy.py"


def test_the_example_moves_the_hand_in_the_policys_place(launch, probe, processes) -> None:
    launched = launch("sim.launch.xml", "policy:=off", "console:=false", "cameras:=off")
    wait_for(lambda: probe.newest("trial") and probe.newest("trial").state == Trial.RUNNING, 240.0, "a trial")
    assert not probe.heard["policy/action"] and "policy_node" not in launched.output
    processes.start("own_policy", [sys.executable, str(EXAMPLE), "--ros-args", "-p", "use_sim_time:=true"])
    wait_for(lambda: len(probe.heard["hand/action"]) > 40, 60.0, "actions of the example")
    own = [message for _, message in probe.heard["policy/action"]]
    assert all(np.abs(message.action).max() <= 0.5 for message in own) and all(not len(m.bins) for m in own)
    assert {message.trial_id for message in own} <= {message.trial_id for _, message in probe.heard["trial"]}
    positions = np.array([message.position for _, message in probe.heard["joint_states"]])
    assert np.ptp(positions, axis=0).max() > 0.1
    states = [message for _, message in probe.heard["controller/status"]]
    assert any(state.mode == state.RUNNING for state in states)
    assert states[-1].refused_size == states[-1].refused_nan == states[-1].refused_range == 0
