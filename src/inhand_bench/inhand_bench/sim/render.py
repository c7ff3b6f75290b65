"""Images a second of each renderer, in one process and in several."""

from __future__ import annotations

import statistics
import sys

import numpy as np

TOLERANCE = {"classic": 0, "filament": 4}
"""Levels by which two images of one scene may differ: Filament's dithering changes from image to image."""
SAME = 0.999
"""Share of values that must agree within that: dithering can tip a pixel of an edge."""


def time_renderers(renderers: tuple[str, ...], crop: int, count: int, seconds: float, repeats: int, gpu: bool) -> None:
    """Prints images a second of each renderer, in one process and in `count`; see `inhand bench render`.

    Raises:
        RuntimeError: images of equal scenes differ.
    """
    from inhand_bench.sim.commands import Fleet

    fleets = {}
    for name in renderers:
        check_equal(name, gpu)
        command = [sys.executable, "-m", "inhand_bench.sim.render_worker", name, str(crop), str(int(gpu)), "0"]
        fleets |= {(name, n): Fleet(command, n) for n in dict.fromkeys((1, count))}
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in fleets}
    for _ in range(repeats):
        for key, fleet in fleets.items():
            rates[key].append(fleet.run("render", seconds))
    for fleet in fleets.values():
        fleet.close()
    size = f"{crop} x {crop}" if crop else "640 x 480"
    print(
        f"images a second, {size}, three cameras and fresh looks a state, median of {repeats} turns of {seconds:g} s:"
    )
    for (name, n), values in rates.items():
        print(f"  {name:9} {n:3} process{'es' if n > 1 else '  '} {statistics.median(values):8.1f}")


def check_equal(name: str, gpu: bool) -> None:
    """Compares a renderer's images of equal scenes.

    Raises:
        RuntimeError: they differ.
    """
    from inhand_bench.sim.render_worker import Load
    from inhand_sim.cameras.quiet import standard_output_aside

    with standard_output_aside():
        middle, whole = Load(name, 400, gpu, 0), Load(name, 0, gpu, 0)
        before = middle.image(0)
        middle.image(1)
        again, cut = middle.image(0), whole.image(0)[:, 40:440, 120:520]
        for load in (middle, whole):
            load.renderer.close()
    if (share := _agreement(before, again, TOLERANCE[name])) < SAME:
        raise RuntimeError(f"{name}: rendered again, {100 * (1 - share):.2g} % of an image's values differ")
    if (share := _agreement(before, cut, TOLERANCE[name] + 3)) < 0.98:
        raise RuntimeError(f"{name}: the middle alone differs from the whole image's in {100 * (1 - share):.2g} %")


def _agreement(a: np.ndarray, b: np.ndarray, levels: int) -> float:
    """Share of values of two images that differ by at most `levels`."""
    return float((np.abs(a.astype(int) - b) <= levels).mean())
