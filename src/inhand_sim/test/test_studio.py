"""Cameras in processes of their own: the same images as in this process, while they are wanted, and after a death."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from inhand_sim.cameras import RendererError, load_cameras_config, make_renderer, studio
from inhand_sim.cameras.process import CALIBRATED, Artist, Order, drawn_looks
from inhand_sim.cameras.settings import CamerasConfig
from inhand_sim.cameras.states import start_qpos
from inhand_sim.cameras.studio import Studio

LONG = 120.0
NAMES = ("top", "right")


@pytest.fixture
def config() -> CamerasConfig:
    """The settings; without a classic renderer there is nothing to test."""
    try:
        make_renderer("classic", crop=64).close()
    except RendererError as error:
        pytest.skip(str(error))
    return load_cameras_config()


@pytest.fixture
def two(config: CamerasConfig) -> Iterator[Studio]:
    """A studio of seed 3."""
    made = Studio(config, seed=3)
    yield made
    made.close()


def order(looks: int = CALIBRATED) -> Order:
    return Order("block", start_qpos("block")[0], 1.02, looks)


def until(studio: Studio, condition: Callable[[dict[str, np.ndarray]], bool], wanted=NAMES, looks: int = CALIBRATED):
    """Renders until what came fulfils the condition; the images, copied."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        studio.follow(wanted)
        images = {name: image.copy() for name, image in studio.render(order(looks), wanted)}
        if condition(images):
            return images
        time.sleep(0.02)
    raise AssertionError(f"not in {LONG:g} s: {[process.state for process in studio.processes.values()]}")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_images_are_those_of_a_renderer_here_and_looks_are_those_of_their_number(two: Studio, config) -> None:
    here = {name: Artist(name, config, seed=3) for name in NAMES}
    seen = []
    for looks in (CALIBRATED, 5, 6, 5, CALIBRATED):
        images = until(two, lambda images: set(images) == set(NAMES), looks=looks)
        for name, image in images.items():
            assert np.array_equal(image, here[name].render(order(looks))), (name, looks)
        seen.append(images["top"])
    for artist in here.values():
        artist.close()
    assert np.array_equal(seen[0], seen[4]) and np.array_equal(seen[1], seen[3])
    assert all(np.abs(seen[1].astype(int) - other).mean() > 1.0 for other in (seen[0], seen[2]))


def test_drawn_looks_leave_the_cameras_where_they_are_calibrated() -> None:
    drawn, calibrated = drawn_looks(0, 1), drawn_looks(0, CALIBRATED)
    assert not drawn.camera_offset.any() and not drawn.camera_fovy.any()
    assert np.array_equal(drawn.camera_turn, calibrated.camera_turn)
    assert not np.allclose(drawn.robot_rgb, calibrated.robot_rgb)
    assert not np.allclose(drawn.robot_rgb, drawn_looks(1, 1).robot_rgb)


def test_there_are_processes_only_for_cameras_that_are_wanted(two: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not two.processes
    until(two, lambda images: set(images) == {"top"}, wanted=["top"])
    assert set(two.processes) == {"top"}
    pid = two.processes["top"].pid
    two.follow([])
    assert alive(pid), "somebody may look again soon"
    monkeypatch.setattr(studio, "LINGER_S", -1.0)
    two.follow([])
    assert not two.processes and not alive(pid)


def test_a_process_that_dies_is_replaced_and_holds_up_nobody(two: Studio) -> None:
    until(two, lambda images: set(images) == set(NAMES))
    killed = two.processes["top"].pid
    os.kill(killed, signal.SIGKILL)
    until(two, lambda images: set(images) == {"right"})
    until(two, lambda images: set(images) == set(NAMES))
    assert two.deaths == 1 and two.processes["top"].pid != killed


def test_a_process_that_hangs_is_not_waited_for_for_ever(two: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    until(two, lambda images: set(images) == set(NAMES))
    monkeypatch.setattr(studio, "PATIENCE_S", 0.2)
    pid = two.processes["top"].pid
    os.kill(pid, signal.SIGSTOP)
    until(two, lambda images: set(images) == {"right"})
    os.kill(pid, signal.SIGCONT)
    monkeypatch.undo()
    until(two, lambda images: set(images) == set(NAMES))


def test_what_cannot_be_rendered_is_said(two: Studio) -> None:
    two.follow(["left"])
    process = two.processes["left"]
    process.order(Order("ball", start_qpos("block")[0]))
    assert process.pipe.poll(LONG) and not process.take()
    assert "'ball' is not one of" in process.failure and process.state == "cannot render"
    assert not list(two.render(order(), ["left"])) and two.deaths == 0
