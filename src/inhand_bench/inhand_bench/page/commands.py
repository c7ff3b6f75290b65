"""`inhand bench page`: what the page costs the graph, and how many frames a second the browser draws."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from inhand_bench.page.chromium import DRAWS_NOTHING, LEAVE_DRAWING_OUT, Chromium, die_with_parent, executable
from inhand_bench.page.frame_cost import (
    CATEGORIES,
    COUNT_DRAWING,
    FRAME_MS,
    LEAVES_A_PIXEL,
    SHOWN,
    FrameCost,
    Pace,
    frame_cost,
    frames_shown,
    pace,
)

NODE = "from inhand_console.nodes.console_node import main; main()"
MADE_UP = "from inhand_bench.page.made_up import serve; serve(simple={})"
RESOLUTIONS = {"all pixels": "", "?fixedDpr=0.5": "/?fixedDpr=0.5"}
"""Ends of the page's address with which a scene that is drawn simply is measured."""
REPEATS = 3
LONGER_S = (4.0, 12.0)
START_S = 120.0
TABS = ("Run", "Plots")
DRAWN = """(() => {
    const {times, calls, triangles} = inhandDrawn;
    Object.assign(inhandDrawn, {times: [], calls: 0, triangles: 0});
    return [times, calls, triangles];
})()"""
"""What was drawn since it was last asked for."""
RENDERER = """(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl && gl.getExtension('WEBGL_debug_renderer_info');
    return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : 'no WebGL';
})()"""


def page(seconds: float = 10.0, width: int = 1280, height: int = 720, domain: int = 96) -> int:
    """Measure the page: its node's share of a core unwatched and watched, and the browser's frames a second.

    Starts the simulation without its page, then the page's node alone, then a headless Chromium. Where there is no
    GPU it draws in software, which is what its frame rate then says. Then, the simulation ended, others look at a
    made-up run: one that draws it simply, for machines without a GPU, and one in which nothing is drawn, which tells
    how many frames a second the page itself keeps.

    Args:
        seconds: of each measurement of the node's share and of frames.
        width: of the browser's window [px].
        height: of the browser's window [px].
        domain: ROS domain of the run.
    """
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain), "PYTHONUNBUFFERED": "1"}
    launch = ["ros2", "launch", "inhand_bringup", "sim.launch.xml", "console:=false"]
    with tempfile.TemporaryDirectory(prefix="inhand_bench_page_") as folder:
        environment["INHAND_STATE_DIR"] = folder  # a stop of somebody else's is not this run's
        log = Path(folder) / "console.log"
        sim = running(launch, environment, Path(folder) / "sim.log")
        with sim, running([sys.executable, "-c", NODE], environment, log) as node:
            url = wait_for_url(log)
            time.sleep(5.0)  # imports and discovery are not what it costs
            print(f"nobody looks: {shares(node.pid, seconds)} of a core", flush=True)
            if executable() is None:
                print("no Chromium on this machine (Debian package: chromium): nothing more to measure")
                return 0
            with Chromium(width, height) as browser:
                come_up(browser, url)
                print(f"browser, drawn by {browser.ask(RENDERER)}:")
                print_tabs(browser, seconds)
                print(f"one visitor: {shares(node.pid, seconds)} of a core", flush=True)
            time.sleep(5.0)
            print(f"nobody looks any more: {shares(node.pid, seconds)} of a core", flush=True)
    for what, end in RESOLUTIONS.items():
        with made_up(environment, True) as url, Chromium(width, height) as browser:
            come_up(browser, url + end)
            print(f"browser, drawn by {browser.ask(RENDERER)}, a made-up run drawn simply, {what}:")
            print_tabs(browser, seconds)
    with made_up(environment, False) as url, Chromium(width, height, options=DRAWS_NOTHING) as browser:
        come_up(browser, url)
        print(without_drawing(browser))
        print_tabs(browser, seconds)
    return 0


@contextmanager
def made_up(environment: dict[str, str], simple: bool) -> Iterator[str]:
    """The address of a page of a made-up run, for as long as the block."""
    with tempfile.TemporaryDirectory(prefix="inhand_bench_page_") as folder:
        log = Path(folder) / "page.log"
        with running([sys.executable, "-c", MADE_UP.format(simple)], environment, log):
            yield wait_for_url(log)


def come_up(browser: Chromium, url: str) -> None:
    """Opens the page and waits until all of it is there.

    Raises:
        RuntimeError: it did not come up.
    """
    browser.before_load(COUNT_DRAWING)
    browser.open(url)
    end = time.monotonic() + START_S
    while "goals achieved" not in browser.text():
        if time.monotonic() > end:
            raise RuntimeError(f"the page did not come up within {START_S:g} s")
        time.sleep(0.5)
    time.sleep(10.0)  # meshes


def without_drawing(browser: Chromium) -> str:
    """What a browser leaves out, in words, once it has been seen to do so.

    Raises:
        RuntimeError: it draws.
    """
    if browser.ask(LEAVES_A_PIXEL):
        raise RuntimeError(f"this Chromium draws in spite of {LEAVE_DRAWING_OUT}; its frames say nothing of the page")
    return (
        f"browser without drawing ({LEAVE_DRAWING_OUT}), a made-up run and no graph beside it: scripts, styles, "
        "layout, messages and every WebGL call, handed over and checked; there draw calls and clears are dropped, "
        "those of panel and compositor too: no shader runs, no pixel is filled (tried: a point leaves none):"
    )


def print_tabs(browser: Chromium, seconds: float) -> None:
    """Prints of each tab the frames a second, left alone and while the mouse turns the camera, and what one costs."""
    size = browser.ask("[innerWidth, innerHeight]")
    turn = partial(browser.drag, 0.25 * size[0], 0.5 * size[1], 0.1 * size[0])
    for tab in TABS:
        browser.click(tab)
        time.sleep(1.0)
        print_frames(browser, tab, seconds, time.sleep)
        print_frames(browser, f"{tab}, camera turned", seconds, turn)
        costs = sorted((record(browser) for _ in range(REPEATS)), key=lambda cost: cost.main_ms)
        print(f"  {tab}: {words(costs[REPEATS // 2])} {[round(cost.main_ms, 1) for cost in costs]}", flush=True)


def print_frames(browser: Chromium, what: str, seconds: float, meanwhile: Callable[[float], None]) -> None:
    """Prints how many frames are shown while `meanwhile` runs, and what is drawn in them."""
    drawn: list[Any] = []

    def look(duration: float) -> None:
        browser.ask(DRAWN)
        meanwhile(duration)
        drawn.extend(browser.ask(DRAWN))

    # Within the record: to start and to end one makes the page stutter.
    shown = frames_shown(browser.trace(seconds, SHOWN, meanwhile=look)) / seconds
    times, calls, triangles = drawn
    print(
        f"  {what}: {pace_words(pace(times))}; {calls / len(times):.0f} draw calls, {triangles / len(times):.0f} "
        f"triangles each; the compositor shows {shown:.1f} a second",
        flush=True,
    )


def pace_words(shown: Pace) -> str:
    """A pace of frames in words."""
    return (
        f"the scene again {shown.rate:.1f} times a second, 95 % within {shown.p95_ms:.1f} ms of the time before, "
        f"all within {shown.longest_ms:.0f} ms"
    )


def record(browser: Chromium) -> FrameCost:
    """What frames cost now; where software draws so slowly that none ends within a record, in a longer one.

    Raises:
        ValueError: none ends in the longest either.
    """
    for seconds in LONGER_S:
        with suppress(ValueError):
            return frame_cost(browser.trace(seconds, CATEGORIES))
    return frame_cost(browser.trace(LONGER_S[-1], CATEGORIES))


def words(cost: FrameCost) -> str:
    """A frame's cost in words."""
    return (
        f"main thread works {cost.main_ms:.1f} ms a frame, {100 * cost.share:.0f} % of {FRAME_MS:.1f} ms, "
        f"and waits {cost.main_wall_ms - cost.main_ms:.0f} ms; drawing takes {cost.gpu_ms:.0f} ms"
    )


def shares(pid: int, seconds: float) -> str:
    """Share of a core that a process takes: median of three measurements, and all of them."""
    found = []
    for _ in range(REPEATS):
        before, begun = cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        found.append((cpu_seconds(pid) - before) / (time.monotonic() - begun))
    return f"{100 * median(found):.1f} % {[round(100 * share, 1) for share in sorted(found)]}"


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads since its start [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_url(log: Path) -> str:
    """The address that the page's node prints.

    Raises:
        RuntimeError: it prints none; with what it printed.
    """
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if found := re.search(r"page: (http\S+)", log.read_text()):
            return found[1]
        time.sleep(0.2)
    raise RuntimeError(f"no page within {START_S:g} s:\n{log.read_text()}")


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A process for as long as the block; its output goes to `log`."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, signal.SIGINT),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(15.0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
