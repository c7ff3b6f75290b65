"""The page in a real browser: it loads from this machine alone, moves, and its buttons reach the graph.

With INHAND_PICTURES naming a folder, a picture of each tab is written there. Its hand is simulated and its fingers only
wave: picture.py takes the picture of a running graph.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from picture import SIZE, take_picture
from PIL import Image
from stage import PATIENCE_S, Stage
from support.processes import wait_for

from inhand_bench.page.chromium import executable
from inhand_bench.page.controls import choose, tick
from inhand_console.commands import Command, Outcome

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian package: chromium)")


def test_the_page_shows_the_trial_the_controller_and_a_healthy_graph(stage: Stage) -> None:
    stage.wait_for_text("RUNNING")
    stage.wait_for_text("trial 1: running")
    stage.wait_for_text("rad to the goal (achieved below 0.4)")
    stage.browser.click("Health")
    stage.wait_for_text("of\u00a0240\u00a0Hz")
    stage.wait_for_text("active")
    assert "is sim (" not in stage.browser.text()


def test_a_node_that_is_gone_is_named_with_what_to_do(stage: Stage) -> None:
    stage.browser.click("Health")
    whole = stage.rehearsal.graph
    stage.rehearsal.graph = replace(whole, present=whole.present - {"tracker"})
    stage.wait_for_text("ros2 run inhand_policy tracker_node")
    stage.rehearsal.graph = whole


def test_the_cameras_images_arrive_and_can_be_switched_off(stage: Stage) -> None:
    stage.browser.click("Cameras")
    count = "[...document.querySelectorAll('img')].filter(i => i.naturalWidth == 400).length"
    wait_for(lambda: stage.browser.ask(count) == 3, PATIENCE_S, "three images")
    assert stage.page.images_wanted
    stage.browser.ask("[...document.querySelectorAll('.mantine-Checkbox-input')].pop().click()")
    wait_for(lambda: not stage.page.images_wanted, PATIENCE_S, "the switch")
    stage.browser.ask("[...document.querySelectorAll('.mantine-Checkbox-input')].pop().click()")
    wait_for(lambda: stage.page.images_wanted, PATIENCE_S, "the switch")


def test_a_signal_and_joints_are_chosen_with_their_values_and_held_still(stage: Stage) -> None:
    values = "document.getElementById('inhand-values').innerText.trim()"
    stage.browser.click("Plots")
    for words in ("actions after smoothing", "marker to motor", "latencies [ms]"):
        stage.wait_for_text(words)
    assert stage.browser.ask("document.querySelectorAll('.uplot canvas').length") >= 2
    choose(stage.browser, "signal", "torques")
    stage.wait_for_text("torques [N m]")
    choose(stage.browser, "joint", "TH")
    wait_for(lambda: stage.browser.ask(values).count("THJ") == 5, PATIENCE_S, "the thumb's joints")
    choose(stage.browser, "signal", "angles")
    choose(stage.browser, "joint", "FFJ2")
    wait_for(lambda: stage.browser.ask(values).startswith("FFJ2"), PATIENCE_S, "one joint")
    before = stage.browser.ask(values)
    wait_for(lambda: stage.browser.ask(values) != before, PATIENCE_S, "a new value")
    tick(stage.browser, "hold still")
    time.sleep(3.0)
    before = stage.browser.ask(values)
    time.sleep(3.0)
    assert stage.browser.ask(values) == before
    tick(stage.browser, "hold still")


def test_history_tells_of_a_trial_and_is_exported(stage: Stage, tmp_path: Path) -> None:
    stage.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    stage.browser.click("History")
    stage.rehearsal.end_trial()
    stage.wait_for_text("1 finished")
    stage.browser.click("Export as CSV")
    wait_for(lambda: (tmp_path / "trials.csv").is_file(), PATIENCE_S, "the table")
    assert "trial,began,seconds,goals" in (tmp_path / "trials.csv").read_text()


def test_everything_comes_from_this_machine_and_nothing_fails(stage: Stage) -> None:
    """The browser resolves no names at all (see chromium.py), and asks nobody else."""
    remote = [url for url in stage.browser.requests if urlsplit(url).scheme not in ("data", "blob", "about")]
    assert {urlsplit(url).hostname for url in remote} == {"127.0.0.1"}
    assert stage.browser.errors == []


def test_the_hand_moves_and_stands_still_when_the_simulation_does(stage: Stage) -> None:
    def changed() -> float:
        before = stage.scene()
        time.sleep(2.0)
        return float((np.abs(stage.scene() - before).max(axis=2) > 40).mean())

    wait_for(lambda: changed() > 0.005, PATIENCE_S, "a moving scene")
    stage.rehearsal.paused = True
    stage.wait_for_text("PAUSED")
    wait_for(lambda: changed() < 0.002, PATIENCE_S, "a scene at rest")
    stage.rehearsal.paused = False


@pytest.mark.parametrize(("name", "hue"), [("yellow", 55), ("blue", 225), ("red", 0)])
def test_the_blocks_faces_can_be_told_by_their_colours(stage: Stage, name: str, hue: float) -> None:
    def seen() -> bool:
        picture = Image.fromarray(stage.scene().astype(np.uint8)).convert("HSV")
        found, saturation, value = np.moveaxis(np.asarray(picture, dtype=int), -1, 0)
        away = np.abs((found * 360 / 255 - hue + 180) % 360 - 180)
        return int(((away < 15) & (saturation > 100) & (value > 60)).sum()) > 100

    wait_for(seen, PATIENCE_S, f"a {name} face")


def test_buttons_reach_the_graph_and_answers_come_back(stage: Stage) -> None:
    stage.pressed.clear()
    stage.browser.click("Run")
    stage.press("STOP", Command.STOP)
    stage.rehearsal.mode = "STOPPED"
    stage.page.report(Outcome(Command.STOP, True, "latched"))
    stage.wait_for_text("stop the hand: done (latched)")
    stage.browser.click("Health")
    stage.wait_for_text("latched: press Clear the stop, then Enable")
    stage.browser.click("Run")
    tick(stage.browser, "pick a goal by hand")
    for label, command in (
        ("Clear the stop", Command.CLEAR),
        ("Enable", Command.ENABLE),
        ("Start trial", Command.START_TRIAL),
        ("Stop trial", Command.STOP_TRIAL),
        ("New goal", Command.NEW_GOAL),
        ("Record", Command.RECORD),
        ("End", Command.END_RECORDING),
        ("Keep the take", Command.KEEP),
        ("Discard the take", Command.DISCARD),
        ("Use these weights", Command.USE_WEIGHTS),
        ("Use these groups", Command.USE_RANDOMIZATION),
        ("Pause", Command.PAUSE),
        ("Resume", Command.RESUME),
        ("Step", Command.STEP),
        ("Reset", Command.RESET),
        ("Push the object", Command.PUSH),
        ("Use this goal", Command.SET_GOAL),
        ("+ 5°", Command.JOG),
    ):
        stage.press(label, command)
    stage.rehearsal.mode = "RUNNING"
    stage.page.report(Outcome(Command.RESET, False, "nobody offers sim/reset"))
    stage.wait_for_text("Could not reset the simulation")
    assert set(stage.pressed) == set(Command)
    assert stage.chosen[Command.USE_WEIGHTS] == "weights/block.safetensors"
    assert stage.chosen[Command.USE_RANDOMIZATION] == "none"
    assert stage.chosen[Command.JOG] == "rh_WRJ2 0.087266"
    picked = [float(part) for part in stage.chosen[Command.SET_GOAL].split()]
    np.testing.assert_allclose(picked, [0.5, 0.5, -0.5, 0.5], atol=1e-5)


@pytest.mark.parametrize("tab", ["Run", "Plots", "Cameras", "Health", "History"])
def test_picture(stage: Stage, tab: str, tmp_path: Path) -> None:
    folder = Path(os.environ.get("INHAND_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    stage.page.report(Outcome(Command.ENABLE, True))
    stage.browser.resize(*SIZE)
    stage.browser.click(tab)
    stage.wait_for_text("enable the hand: done")
    stage.rehearsal.frozen = True
    time.sleep(3.0)
    path = folder / f"page_{tab.lower()}.webp"
    take_picture(stage.browser, path)
    stage.rehearsal.frozen = False
    picture = Image.open(path)
    assert picture.size == SIZE and 10_000 < path.stat().st_size < 300_000
