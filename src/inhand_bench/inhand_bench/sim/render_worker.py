"""A process of `inhand bench render`: renders states with fresh looks, three cameras each.

Usage: python -m inhand_bench.sim.render_worker <renderer> <crop, or 0> <gpu, 0 or 1> <seed>. Prints a line when ready;
for each line "render <seconds>" on stdin it renders for this long and prints images per second.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

import numpy as np

from inhand_core.random import RowRandom, row_seeds
from inhand_sim.cameras import Appearances, load_appearance, load_cameras_config, make_renderer
from inhand_sim.cameras.quiet import standard_output_aside
from inhand_sim.cameras.states import augment_qpos, start_qpos

STATES = 64


class Load:
    """States and looks, drawn beforehand, rendered one after the other."""

    def __init__(self, renderer: str, crop: int, gpu: bool, seed: int) -> None:
        config = load_cameras_config()
        config = replace(config, threads=1, filament=replace(config.filament, gpu=gpu))
        self.renderer = make_renderer(renderer, crop=crop or None, config=config)
        seeds = row_seeds(seed, STATES)
        random, states = RowRandom(seeds, "bench"), start_qpos("block")
        self._qpos = augment_qpos(states[random.integers(len(states))], load_appearance().pose, random)
        self._looks = Appearances(seeds).draw()
        self._done = 0

    def image(self, index: int) -> np.ndarray:
        """Images (3, H, W, 3) of one of the states, with its looks."""
        self.renderer.set_looks(self._looks.row(index))
        return self.renderer.render(self._qpos[index])

    def run(self, seconds: float) -> float:
        """Renders for this long; images per second."""
        images, start = 0, time.perf_counter()
        while (wall := time.perf_counter() - start) < seconds:
            images += len(self.image(self._done % STATES))
            self._done += 1
        return images / wall


def main() -> None:
    """Answers until stdin ends."""
    renderer, crop, gpu, seed = sys.argv[1], *map(int, sys.argv[2:])
    with standard_output_aside() as out:
        load = Load(renderer, crop, bool(gpu), seed)
        load.image(0)
        os.write(out, b"ready\n")
        for line in sys.stdin:
            os.write(out, f"{load.run(float(line.split()[1]))}\n".encode())
        load.renderer.close()


if __name__ == "__main__":
    main()
