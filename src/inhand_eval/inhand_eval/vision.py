"""How well a pose estimator sees: renders of its training, of the other renderer, and recordings (paper, Table 6)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_data.bags import BagError
from inhand_training.vision.pool import RenderPool
from inhand_training.vision.samples import SampleConfig
from inhand_training.vision.states import StatesConfig, gather_states
from inhand_vision.datasets.convert import ConvertConfig, convert
from inhand_vision.datasets.files import PoseDataset, Samples
from inhand_vision.datasets.sync import SyncConfig
from inhand_vision.errors import PoseErrors, evaluate_samples
from inhand_vision.estimator import Estimate, PoseEstimator
from inhand_vision.rig import nominal_rig

PAPER = {
    "training renderer": ("Unity", 2.71, 1.62, 3.12, 1.52),
    "other renderer": ("MuJoCo", 3.23, 2.91, 3.71, 4.07),
    "recorded": ("real images", 5.01, 2.47, 9.27, 4.02),
}
"""Table 6: whose images; rotation mean, std [deg]; position mean, std [mm]."""
OTHER = {"classic": "filament", "filament": "classic"}
_EVERY, _ROWS = 25, 64


@dataclass(frozen=True)
class VisionProtocol:
    """What is evaluated.

    Attributes:
        samples: renders a renderer; (c) takes all of a recording, up to this many.
        seed: of states, poses and looks.
        policy: weights of the policy whose rollouts give the states; empty: random actions.
        workers: render processes.
        looks: randomised looks, cameras included, as in training; false: the scene as the description has it.
        calibrated: the estimator is told where each camera really is; false: where the description has it.
    """

    samples: int
    seed: int
    policy: str
    workers: int
    looks: bool
    calibrated: bool

    def __post_init__(self) -> None:
        if self.samples < 1 or self.workers < 1:
            raise ConfigError("samples and workers must be >= 1")


@dataclass(frozen=True)
class VisionResult:
    """One row of the table, with what it was made from."""

    row: str
    source: str
    samples: Samples
    estimate: Estimate
    errors: PoseErrors


def evaluate_renders(
    estimator: PoseEstimator, renderer: str, row: str, states: np.ndarray, protocol: VisionProtocol
) -> VisionResult:
    """Fresh renders of held-out states, the object's pose as it is."""
    metadata = estimator.metadata
    config = SampleConfig(renderer, metadata.object, metadata.images, protocol.looks, False, 0.0, 0.0)
    pool = RenderPool(config, states, protocol.seed + 1, protocol.workers)
    try:
        samples = pool.draw(protocol.samples)
    finally:
        pool.close()
    return _evaluate(estimator, row, renderer, samples, protocol)


def evaluate_recording(estimator: PoseEstimator, path: Path, protocol: VisionProtocol) -> VisionResult:
    """A dataset's validation split (all of it, where that is empty), or a bag, converted on the way."""
    if (path / "index.json").is_file():
        dataset = PoseDataset(path, "val" if "val" in _splits(path) else "all")
        return _recorded(estimator, path, dataset, protocol)
    with tempfile.TemporaryDirectory(prefix="inhand_vision_") as folder:
        last: Exception | None = None
        for label in ("/object/pose", "/mocap/object_pose", "/sim/object_pose"):
            config = ConvertConfig(estimator.metadata.images, SyncConfig(), label_topic=label, val_fraction=0.0)
            try:
                convert([path], Path(folder), config)
                return _recorded(estimator, path, PoseDataset(folder), protocol)
            except BagError as error:
                last = last or error
        raise last


def held_out_states(object: str, protocol: VisionProtocol, progress: Callable[[int], None] | None = None) -> np.ndarray:
    """States (n, 31) of rollouts that no training run has seen: their seeds lie apart from those of training."""
    config = StatesConfig(protocol.samples, _ROWS, _EVERY, protocol.policy, "physics", 0)
    return gather_states(config, object, 1_000_003 + protocol.seed, progress)


def report(results: list[VisionResult], protocol: VisionProtocol) -> dict[str, Any]:
    """Summary of each row as plain values, with the paper's beside it."""
    rows = {}
    for result in results:
        name, *numbers = PAPER[result.row]
        keys = ("rotation_deg_mean", "rotation_deg_std", "position_mm_mean", "position_mm_std")
        paper = {"images": name, **dict(zip(keys, numbers, strict=True))}
        rows[result.row] = {"source": result.source, **result.errors.summary(), "paper": paper}
    return {"protocol": vars(protocol), "rows": rows}


def _splits(path: Path) -> set[str]:
    return {shard["split"] for shard in PoseDataset(path).index["shards"].values()}


def _recorded(estimator: PoseEstimator, path: Path, dataset: PoseDataset, protocol: VisionProtocol) -> VisionResult:
    count = min(len(dataset), protocol.samples)
    samples = dataset.gather(np.linspace(0, len(dataset) - 1, count).astype(int))
    return _evaluate(estimator, "recorded", path.name, samples, protocol)


def _evaluate(
    estimator: PoseEstimator, row: str, source: str, samples: Samples, protocol: VisionProtocol
) -> VisionResult:
    given = samples
    if not protocol.calibrated:
        rig = nominal_rig(estimator.metadata.images)
        matrix, pose = (np.broadcast_to(array, (len(samples), *array.shape)) for array in (rig.matrix, rig.pose))
        given = Samples(samples.images, samples.position, samples.orientation, matrix, pose, samples.stamp_ns)
    errors, estimate = evaluate_samples(estimator, given)
    return VisionResult(row, source, samples, estimate, errors)
