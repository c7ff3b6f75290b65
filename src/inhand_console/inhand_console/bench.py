"""`inhand bench page`: what the page costs the graph, and how many frames a second the browser draws."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median

from inhand_console.chromium import Chromium, die_with_parent, executable
from inhand_console.frame_cost import CATEGORIES, COUNT_DRAWING, FRAME_MS, FrameCost, frame_cost

NODE = "from inhand_console.nodes.console_node import main; main()"
REPEATS = 3
LONGER_S = (4.0, 12.0)
START_S = 120.0
TABS = ("Run", "Plots")
DRAWN = "[performance.now(), inhandDrawn.frames, inhandDrawn.calls, inhandDrawn.triangles]"
RENDERER = """(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl && gl.getExtension('WEBGL_debug_renderer_info');
    return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : 'no WebGL';
})()"""


def page(seconds: float = 10.0, width: int = 1280, height: int = 720, domain: int = 96) -> int:
    """Measure the page: its node's share of a core unwatched and watched, and the browser's frames a second.

    Starts the simulation without its page, then the page's node alone, then a headless Chromium. Medians of three.
    Where there is no GPU the browser draws in software, which is what its frame rate then says; the processor time of
    its main thread, a share of the 16.7 ms of 60 frames a second, is what a machine with a GPU has to spend as well.

    Args:
        seconds: of each measurement of the node's share.
        width: of the browser's window [px].
        height: of the browser's window [px].
        domain: ROS domain of the run.
    """
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain), "PYTHONUNBUFFERED": "1"}
    launch = ["ros2", "launch", "inhand_bringup", "sim.launch.xml", "console:=false"]
    with tempfile.TemporaryDirectory(prefix="inhand_bench_page_") as folder:
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
                watch(browser, url, node.pid, seconds)
            time.sleep(5.0)
            print(f"nobody looks any more: {shares(node.pid, seconds)} of a core", flush=True)
    return 0


def watch(browser: Chromium, url: str, pid: int, seconds: float) -> None:
    """Prints what a visitor costs and gets."""
    browser.before_load(COUNT_DRAWING)
    browser.open(url)
    end = time.monotonic() + START_S
    while "goals achieved" not in browser.text():
        if time.monotonic() > end:
            raise RuntimeError(f"the page did not come up within {START_S:g} s")
        time.sleep(0.5)
    time.sleep(10.0)  # meshes
    print(f"browser, drawn by {browser.ask(RENDERER)}:")
    for tab in TABS:
        browser.click(tab)
        time.sleep(1.0)
        print_frames(browser, tab)
    print(f"one visitor: {shares(pid, seconds)} of a core")


def print_frames(browser: Chromium, tab: str) -> None:
    """Prints frames a second and what one takes, while a tab is open."""
    before = browser.ask(DRAWN)
    costs = [record(browser) for _ in range(REPEATS)]
    spent, frames, calls, triangles = (new - old for new, old in zip(browser.ask(DRAWN), before, strict=True))
    cost = sorted(costs, key=lambda cost: cost.main_ms)[REPEATS // 2]
    print(
        f"  {tab}: {1e3 * frames / spent:.1f} frames a second of {calls / frames:.0f} draw calls, "
        f"{triangles / frames:.0f} triangles each"
    )
    print(f"  {tab}: {words(cost)} {[round(cost.main_ms, 1) for cost in costs]}", flush=True)


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
