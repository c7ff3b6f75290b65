"""A joint moved by hand: a trajectory of one joint from where it is, in a simulation that is seen now, in no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inhand_console.nodes.jog import step
from inhand_console.snapshot import SimHealth, Snapshot, TopicRate
from inhand_core.signals import JointStates
from inhand_description import JOINT_NAMES

ANGLES = np.linspace(0.0, 0.46, 24)[None]
FRESH = {"sim/status": TopicRate(25.0, 0.04), "joint_states": TopicRate(200.0, 0.01)}
SEEN = Snapshot(
    joint_states=JointStates(ANGLES, *np.zeros((2, 1, 24))), simulator=SimHealth(1.0, 0, False), rates=FRESH
)


def test_a_step_is_from_where_the_joint_is() -> None:
    joint = JOINT_NAMES[7]
    sent = step(f"{joint} -0.087266", SEEN)
    assert list(sent.joint_names) == [joint] and len(sent.points) == 1
    assert sent.points[0].positions[0] == pytest.approx(ANGLES[0, 7] - 0.087266)
    assert sent.points[0].time_from_start.nanosec == 500_000_000


@pytest.mark.parametrize(
    ("snapshot", "problem"),
    [
        (replace(SEEN, simulator=None), "no simulator is seen"),  # a real hand
        (replace(SEEN, rates={"joint_states": FRESH["joint_states"]}), "no simulator is seen"),
        (replace(SEEN, simulator=SimHealth(0.0, 0, True)), "stands still"),
        (replace(SEEN, rates={**FRESH, "joint_states": TopicRate(200.0, 0.6)}), "behind it"),
        (replace(SEEN, rates={**FRESH, "sim/status": TopicRate(25.0, 3.0)}), "behind it"),
    ],
)
def test_nothing_moves_on_a_real_hand_or_on_a_page_that_is_behind(snapshot: Snapshot, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        step(f"{JOINT_NAMES[7]} 0.087266", snapshot)
