"""The made-up run of `inhand bench page`: all of the page's parts have something to draw, and it moves."""

from __future__ import annotations

import numpy as np

from inhand_bench.page.made_up import MadeUpRun
from inhand_console.panel import goal_distance


def test_hand_object_and_markers_move_from_one_update_to_the_next() -> None:
    run = MadeUpRun()
    before, after = run.snapshot(100.0), run.snapshot(100.04)
    for name, part in (
        ("joint_states", "position"),
        ("object_pose", "position"),
        ("object_pose", "orientation"),
        ("true_pose", "position"),
        ("markers", "position"),
        ("fingertips", "position"),
        ("action", "action"),
    ):
        old, new = (getattr(getattr(snapshot, name), part) for snapshot in (before, after))
        assert np.isfinite(new).all() and (old != new).any(), f"{name}.{part}"
    assert goal_distance(before) != goal_distance(after)


def test_quaternions_have_length_one() -> None:
    snapshot = MadeUpRun().snapshot(5.0)
    for turn in (snapshot.object_pose.orientation, snapshot.goal.orientation):
        np.testing.assert_allclose(np.linalg.norm(turn, axis=-1), 1.0)
