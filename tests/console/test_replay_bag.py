"""A bag with known signals becomes a replay that shows them when they came."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from stage import CONFIG
from support.processes import wait_for
from test_lerobot import FPS, make

from inhand_console.commands import Command
from inhand_console.nodes.replay_bag import IMAGES_HZ, read
from inhand_console.nodes.replay_page import refused
from inhand_console.replay import Replay
from inhand_core import load_graph
from inhand_core.signals import TrialState
from inhand_data.bags import BagError, open_bag


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    with open_bag(make(tmp_path_factory.mktemp("replay") / "bag")) as bag:
        replay = read(bag, load_graph("realtime"), CONFIG)
    replay.playing = False
    return replay


@pytest.mark.parametrize("time", [0.2, 1.0, 0.5])
def test_joints_and_object_are_those_of_that_time_in_this_projects_order(replay: Replay, time: float) -> None:
    """The bag's joints are in another order, its numbers are its times."""
    replay.seek(time)
    shown = replay.snapshot(0.0)
    np.testing.assert_allclose(shown.joint_states.position[0], np.arange(24.0) + time, atol=0.011)
    assert shown.object_pose.position[0, 0] == pytest.approx(time, abs=0.011)
    assert shown.rates["joint_states"].rate == pytest.approx(200.0, rel=0.05)


def test_trials_goals_and_actions_change_when_they_did(replay: Replay) -> None:
    replay.seek(4.0 / FPS)
    first = replay.snapshot(0.0)
    replay.seek(30.0 / FPS)
    later = replay.snapshot(0.0)
    assert int(first.trial.trial_id[0]) == 3 and int(later.trial.trial_id[0]) == 4
    assert int(later.trial.state[0]) == TrialState.RUNNING
    assert (int(first.goal.goal_id[0]), int(later.goal.goal_id[0])) == (0, 1)
    assert later.decision.action[0, 0] == pytest.approx(int(30.0 / FPS / 0.08) / 100, abs=0.011)


def test_images_are_kept_small_and_now_and_then(replay: Replay) -> None:
    replay.seek(1.2)
    images = replay.snapshot(0.0).images
    assert set(images) == {"camera_top", "camera_left", "camera_right"}
    for name, image in images.items():
        assert image.shape[1] == CONFIG.image_width and image.shape[2] == 3
        came = replay._tracks[f"{name}/image_raw"].times
        assert np.diff(came).min() >= 1.0 / IMAGES_HZ
        newest = max(time for time in came if time <= 1.2)
        assert abs(float(image.mean()) - 6.0 * newest * FPS) < 8.0


def test_a_bag_of_other_things_is_refused_with_what_it_has(tmp_path: Path) -> None:
    with open_bag(make(tmp_path / "bag")) as bag, pytest.raises(BagError, match="nothing that the page shows.*/goal"):
        spec = load_graph("realtime")
        read(_Without(bag), spec, CONFIG)


def test_the_command_serves_a_bag_until_ctrl_c(tmp_path: Path) -> None:
    bag = make(tmp_path / "bag")
    code = f"from pathlib import Path; from inhand_console.view_commands import page; page(Path({str(bag)!r}), 18960)"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=subprocess.STDOUT)
    try:
        said = wait_for(
            lambda: re.search(r"page: (http://127\.0\.0\.1:\d+).*1\.\d s;", (tmp_path / "log").read_text()),
            120.0,
            lambda: (tmp_path / "log").read_text(),
        )
        with urllib.request.urlopen(said[1], timeout=30.0) as answer:
            assert b"/inhand/page.js" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60.0) == 0, (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()


class _Without:
    """A bag that has topics, but no messages of them."""

    def __init__(self, bag: object) -> None:
        self.path, self.topics = bag.path, bag.topics

    def entries(self, topics: object) -> tuple[()]:
        return ()


def test_nothing_can_be_pressed_in_a_replay() -> None:
    for command in Command:
        assert not refused(command).success and "nothing here moves a hand" in refused(command).message
