"""The page in a real browser: it loads from this machine alone, moves, and its buttons reach the graph.

With INHAND_PICTURES naming a folder, a picture of each tab is written there. Its hand is simulated and its fingers only
wave: picture.py takes the picture of a running graph.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from picture import SIZE, take_picture
from PIL import Image
from rehearsal import Rehearsal
from support.processes import wait_for

from inhand_bench.page.chromium import Chromium, executable
from inhand_bench.page.controls import choose, tick
from inhand_console.commands import Command, Outcome
from inhand_console.config import ConsoleConfig
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.paths import config_file
from inhand_viz.model import joint_names, load_hand, object_shape

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian package: chromium)")
PATIENCE_S = 240.0
CONFIG = load_config(ConsoleConfig, read_yaml(config_file("console")))
SCENE = CONFIG.scene
AGAIN_S = 20.0
"""A click that has led to nothing for so long was lost."""


@dataclass
class Stage:
    """A page with its visitor."""

    rehearsal: Rehearsal
    page: ConsolePage
    browser: Chromium
    pressed: list[Command] = field(default_factory=list)
    chosen: dict[Command, str] = field(default_factory=dict)

    def wait_for_text(self, text: str) -> None:
        wait_for(lambda: text in self.browser.text(), PATIENCE_S, f"{text!r} on the page")

    def press(self, label: str, command: Command) -> None:
        """Clicks, and again where the page has drawn the button anew under the mouse, as a person does."""
        tries = []

        def pressed() -> bool:
            if not tries or time.monotonic() - tries[-1] > AGAIN_S:
                self.browser.click(label)
                tries.append(time.monotonic())
            return command in self.pressed

        wait_for(pressed, PATIENCE_S, lambda: f"a press of {command.name}; {len(tries)} clicks: {self.pressed}")

    def scene(self) -> np.ndarray:
        """The 3D part of a picture, (h, w, 3)."""
        picture = np.asarray(Image.open(io.BytesIO(self.browser.picture())).convert("RGB"), dtype=int)
        return picture[:, : picture.shape[1] * 2 // 3]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    rehearsal, pressed, chosen = Rehearsal(), [], {}

    def press(command: Command, value: str) -> None:
        pressed.append(command)
        chosen[command] = value

    page = ConsolePage(
        replace(CONFIG, port=18080),
        load_hand(),
        joint_names(),
        object_shape("block"),
        load_graph("realtime"),
        0.4,
        rehearsal.snapshot,
        press,
        Choices(("weights/block.safetensors",), ("none", "all")),
    )
    try:
        with Chromium() as browser:
            browser.open(page.url)
            stage = Stage(rehearsal, page, browser, pressed, chosen)
            stage.wait_for_text("goals achieved")
            yield stage
    finally:
        page.close()


def test_the_page_shows_the_trial_the_controller_and_a_healthy_graph(stage: Stage) -> None:
    stage.wait_for_text("RUNNING")
    stage.wait_for_text("trial 1: running")
    stage.wait_for_text("rad to the goal (achieved below 0.4)")
    stage.browser.click("Health")
    stage.wait_for_text("of 240 Hz")
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


def test_a_picture_and_a_film_of_the_scene_are_saved(stage: Stage, tmp_path: Path) -> None:
    stage.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    stage.browser.click("Picture")
    taken = wait_for(lambda: list(tmp_path.glob("hand-*.png")), PATIENCE_S, "a picture")[0]
    picture = Image.open(taken).convert("RGB")
    assert picture.width >= 300 and len(picture.resize((40, 40)).getcolors(2000)) > 50
    stage.browser.click("Film")
    time.sleep(4.0)
    stage.browser.click("End film")
    films = wait_for(lambda: [*tmp_path.glob("hand-*.webm"), *tmp_path.glob("hand-*.mp4")], PATIENCE_S, "a film")
    assert films[0].stat().st_size > 2000


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


def test_a_browser_without_a_gpu_is_noticed_and_spared_until_somebody_asks_for_all(stage: Stage) -> None:
    """Chromium draws in software here, and says so."""
    wait_for(lambda: len(stage.page.renderers) == 1, PATIENCE_S, "what the browser says of its renderer")
    assert "SwiftShader" in stage.page.renderers[0] and stage.page.drawn_simply
    stage.browser.click("Run")
    choose(stage.browser, "drawing", "full")
    wait_for(lambda: not stage.page.drawn_simply, PATIENCE_S, "the full scene")
    choose(stage.browser, "drawing", "automatic")
    wait_for(lambda: stage.page.drawn_simply, PATIENCE_S, "the simple scene")


def test_stop_stays_on_the_screen_however_narrow_and_however_far_the_panel_is_scrolled(stage: Stage) -> None:
    seen = """(() => {
        document.querySelectorAll('*').forEach(e => { e.scrollTop = e.scrollHeight; });
        const stop = document.getElementById('inhand-stop'), box = stop.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
        return [top === stop, inside, box.height >= 48];
    })()"""
    for tab, size in (("Run", SIZE), ("Health", SIZE), ("Health", (390, 844))):
        stage.browser.resize(*SIZE)
        stage.browser.click(tab)
        stage.browser.resize(*size)
        assert stage.browser.ask(seen) == [True] * 3, (tab, size)
    stage.browser.resize(*SIZE)


@pytest.mark.parametrize(("key", "code"), [(" ", "Space"), ("Escape", "Escape")])
def test_a_key_stops_and_presses_nothing_else(stage: Stage, key: str, code: str) -> None:
    stage.browser.click("Run")
    stage.press("Enable", Command.ENABLE)  # the button keeps the focus: a space would press it again
    stage.pressed.clear()
    stage.browser.key(key, code)
    wait_for(lambda: stage.pressed, PATIENCE_S, "a press")
    time.sleep(1.0)
    assert stage.pressed == [Command.STOP]


def test_errors_are_counted_on_the_tab_of_health(stage: Stage) -> None:
    badge = "[...document.querySelectorAll('[role=tab]')].find(t => t.innerText == 'Health').dataset.alarms || ''"
    whole = stage.rehearsal.graph
    stage.rehearsal.graph = replace(whole, present=whole.present - {"tracker"})
    wait_for(lambda: stage.browser.ask(badge).isdigit(), PATIENCE_S, "a badge")
    stage.rehearsal.graph = whole
    wait_for(lambda: stage.browser.ask(badge) == "", PATIENCE_S, "no badge")


def test_the_goal_in_the_corner_shows_faces_of_the_block_and_turns_with_the_view(stage: Stage) -> None:
    colors = """(() => {
        const canvas = document.querySelector('#inhand-goal canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, found = {};
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 250) {
                const c = [...data.slice(i, i + 3)].map(v => v >> 5).join();
                found[c] = (found[c] || 0) + 1;
            }
        return Object.entries(found).filter(([, n]) => n > 100).map(([c]) => c).sort().join(' ');
    })()"""
    wait_for(lambda: stage.browser.ask(colors).count(" ") >= 1, PATIENCE_S, "two faces or more")
    before = stage.browser.ask(colors)
    for client in stage.page.clients:
        client.camera.position = (0.3, 0.3, -0.2)
    wait_for(lambda: stage.browser.ask(colors) != before, PATIENCE_S, "other faces from below")
    for client in stage.page.clients:
        client.camera.position = SCENE.camera_position


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
    ):
        stage.press(label, command)
    stage.rehearsal.mode = "RUNNING"
    stage.page.report(Outcome(Command.RESET, False, "nobody offers sim/reset"))
    stage.wait_for_text("Could not reset the simulation")
    assert set(stage.pressed) == set(Command)
    assert stage.chosen[Command.USE_WEIGHTS] == "weights/block.safetensors"
    assert stage.chosen[Command.USE_RANDOMIZATION] == "none"


@pytest.mark.parametrize("tab", ["Run", "Plots", "Cameras", "Health"])
def test_picture(stage: Stage, tab: str, tmp_path: Path) -> None:
    folder = Path(os.environ.get("INHAND_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    stage.page.report(Outcome(Command.ENABLE, True))
    stage.browser.resize(*SIZE)
    stage.browser.click(tab)
    stage.wait_for_text("enable the hand: done")
    stage.rehearsal.frozen = True
    time.sleep(3.0)
    path = folder / f"page_{tab.lower()}.png"
    take_picture(stage.browser, path)
    stage.rehearsal.frozen = False
    picture = Image.open(path)
    assert picture.size == SIZE and 20_000 < path.stat().st_size < 600_000
