"""What lies over the scene, in a real browser: STOP and its keys, the badge, the goal, pictures, the way of drawing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from picture import SIZE
from PIL import Image
from stage import PATIENCE_S, SCENE, Stage
from support.processes import wait_for

from inhand_bench.page.chromium import executable
from inhand_bench.page.controls import choose
from inhand_console.commands import Command

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian package: chromium)")


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


def test_a_browser_without_a_gpu_is_noticed_and_spared_until_somebody_asks_for_all(stage: Stage) -> None:
    """Chromium draws in software here, and says so."""
    wait_for(lambda: len(stage.page.renderers) == 1, PATIENCE_S, "what the browser says of its renderer")
    assert "SwiftShader" in stage.page.renderers[0] and stage.drawn_simply
    stage.browser.click("Run")
    choose(stage.browser, "drawing", "full")
    wait_for(lambda: not stage.drawn_simply, PATIENCE_S, "the full scene")
    choose(stage.browser, "drawing", "automatic")
    wait_for(lambda: stage.drawn_simply, PATIENCE_S, "the simple scene")


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

    def look_from(place: tuple[float, float, float]) -> None:
        for client in stage.page.clients:
            client.camera.position = place
            client.camera.look_at = SCENE.camera_target  # which went along

    look_from((0.3, 0.3, -0.2))
    wait_for(lambda: stage.browser.ask(colors) != before, PATIENCE_S, "other faces from below")
    look_from(SCENE.camera_position)
