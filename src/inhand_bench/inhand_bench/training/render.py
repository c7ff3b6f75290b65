"""`inhand bench render`: images a second of each renderer, and samples a second that an estimator learns from."""

from __future__ import annotations

import os
from pathlib import Path

_STATES = 256
_WARM_UP = 6  # batches


def render(
    renderers: tuple[str, ...] = ("classic", "filament"),
    crop: int = 400,
    processes: int = 0,
    seconds: float = 4.0,
    repeats: int = 5,
    gpu: bool = False,
    training: bool = True,
    config: Path = Path("config/training/vision.yaml"),
) -> int:
    """Time rendering with fresh looks for every state, three cameras a state, and the training that lives on it.

    Images: first each renderer's are compared, the same state and looks after others have been rendered in between,
    and the whole image's middle with the middle rendered alone. Then one process and several take turns, each with one
    rasteriser thread; figures are medians over the turns. Samples, of three images each: as render workers hand them
    over, and as one rank learns from them, on a GPU where torch finds one.

    Args:
        renderers: which ones.
        crop: side [px] of the middle that is rendered, as training does; 0: the whole 640 x 480, as the node does.
        processes: number of processes or workers of the second figure; 0: one a core.
        seconds: length of a turn.
        repeats: number of turns of each.
        gpu: let Filament use a graphics card (the classic one uses what MUJOCO_GL=egl finds).
        training: time samples as well.
        config: recipe that learns from them.
    """
    from inhand_bench.sim.render import time_renderers

    count = processes or len(os.sched_getaffinity(0))
    time_renderers(renderers, crop, count, seconds, repeats, gpu)
    if training:
        time_samples(renderers, count, seconds, repeats)
        time_learning(config, count, seconds * repeats)
    return 0


def time_samples(renderers: tuple[str, ...], count: int, seconds: float, repeats: int) -> None:
    """Prints samples a second that come out of one and of `count` render workers."""
    import statistics
    import time

    from inhand_sim.cameras.states import start_qpos
    from inhand_training.vision.pool import RenderPool
    from inhand_training.vision.samples import SampleConfig, empty_samples
    from inhand_vision.images import load_image_config

    images = load_image_config()
    out = empty_samples(1, images.size)
    print(f"samples of three images a second from render workers, median of {repeats} turns of {seconds:g} s:")
    for name in renderers:
        for workers in dict.fromkeys((1, count)):
            sample = SampleConfig(name, "block", images, True, True, 0.02, 0.0)
            pool = RenderPool(sample, start_qpos("block"), 0, workers, slots=8 * workers)
            rates = []
            try:
                pool.draw(8 * workers + 1)  # what was rendered ahead
                for _ in range(repeats):
                    taken, start = 0, time.perf_counter()
                    while (wall := time.perf_counter() - start) < seconds:
                        pool.take(out, 0)
                        taken += 1
                    rates.append(taken / wall)
            finally:
                pool.close()
            print(f"  {name:9} {workers:3} worker{'s' if workers > 1 else ' '}    {statistics.median(rates):8.1f}")


def time_learning(config: Path, count: int, seconds: float) -> None:
    """Prints samples a second that one rank of a recipe learns from, with one render worker and with `count`."""
    import tempfile
    import time

    import numpy as np
    import torch

    from inhand_training.vision.config import load_vision_training
    from inhand_training.vision.train import VisionTrainer

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    print(f"samples a second that one rank of {config.name} learns from, {device}, {seconds:g} s:")
    short = {"states.count": _STATES, "states.rows": 64, "states.weights": "", "ranks": 1}
    for workers in dict.fromkeys((1, count)):
        recipe = load_vision_training(config, {**short, "render.workers": workers})
        with tempfile.TemporaryDirectory(prefix="inhand_bench_") as folder:
            trainer = VisionTrainer(recipe, Path(folder), config.name)
            random = np.random.default_rng(0)
            try:
                for _ in range(_WARM_UP):
                    trainer.update(random)
                used, start = trainer.progress.used, time.perf_counter()
                while (wall := time.perf_counter() - start) < seconds:
                    trainer.update(random)
            finally:
                trainer.close()
        rate = (trainer.progress.used - used) / wall
        print(f"  {recipe.render.renderer:9} {workers:3} worker{'s' if workers > 1 else ' '}    {rate:8.1f}")
