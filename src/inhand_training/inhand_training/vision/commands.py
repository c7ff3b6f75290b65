"""`inhand train vision`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def vision(
    config: Path,
    run: Path | None = None,
    seed: int | None = None,
    workers: int | None = None,
    ranks: int | None = None,
    batches: int | None = None,
    datasets: tuple[str, ...] | None = None,
    weights: Path | None = None,
) -> None:
    """Train an estimator of the object's pose from images; goes on where an interrupted run stopped.

    Args:
        config: a file such as config/training/vision.yaml.
        run: folder of the run; default runs/<name of the file>.
        seed: in place of the file's.
        workers: render workers of a rank in place of the file's number; 0: learn from datasets alone.
        ranks: learning processes in place of the file's number; a run goes on with as many as it began with.
        batches: in place of the file's number.
        datasets: folders of datasets made by `inhand dataset from-bag`, in place of the file's.
        weights: where the weights are written; default <run>/vision.safetensors.
    """
    import shutil

    from inhand_training.vision.config import load_vision_training
    from inhand_training.vision.train import train

    given: dict[str, Any] = {"seed": seed, "render.workers": workers, "ranks": ranks, "optimizer.batches": batches}
    given["datasets"] = None if datasets is None else list(datasets)
    training = load_vision_training(config, {key: value for key, value in given.items() if value is not None})
    folder = run or Path("runs") / config.stem
    written = train(training, folder, str(config))
    if weights is not None:
        shutil.copyfile(written, weights)
    print(f"{weights or written}: written")
