"""Configuration of a vision training run, read from config/training/vision*.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_training.vision.states import StatesConfig


@dataclass(frozen=True)
class RenderConfig:
    """Live renders.

    Attributes:
        renderer: "classic" or "filament".
        workers: processes a rank; 0: no renders.
        buffer: samples a rank keeps in memory, from which batches are drawn.
        reuse: how often a sample is used on average before it is replaced; the trainer waits for the renderers, and
            they for it: cores that draw more than is due would be missed where it learns.
        scale_spread: object sizes within this share of nominal.
        absent: share of samples without an object, for keypoints.
    """

    renderer: Literal["classic", "filament"]
    workers: int
    buffer: int
    reuse: float
    scale_spread: float
    absent: float

    def __post_init__(self) -> None:
        if self.workers < 0 or self.buffer < 1 or self.reuse <= 0.0:
            raise ConfigError("workers must be >= 0, buffer >= 1 and reuse > 0")


@dataclass(frozen=True)
class OptimizerConfig:
    """Adam.

    Attributes:
        batch: samples of three images, of all ranks together.
        batches: number of updates.
        warmup: batches over which the rate rises from 0.
        learning_rate, halve_every: the rate halves every this many batches; 0: it falls to 0 along a cosine instead.
        weight_decay: decoupled where `decoupled`, else added to the gradient as in the paper's Adam.
        bfloat16: convolutions in half precision, twice as fast on processors that have it; weights stay float32.
    """

    batch: int
    batches: int
    warmup: int
    learning_rate: float
    halve_every: int
    weight_decay: float
    decoupled: bool
    bfloat16: bool

    def __post_init__(self) -> None:
        if min(self.batch, self.batches) < 1 or self.learning_rate <= 0.0 or self.halve_every < 0:
            raise ConfigError("batch and batches must be >= 1, learning_rate > 0, halve_every >= 0")


@dataclass(frozen=True)
class VisionTraining:
    """A run.

    Attributes:
        kind: "regression" (the paper's network) or "keypoints".
        object: its name, or the path of its file.
        width: of the keypoint network; 0 for regression.
        seed: decides states, looks, first weights and order; with several workers their order varies.
        ranks: processes, each with its part of every batch and render workers of its own; gradients are averaged. 0:
            one on a GPU, else one a core but the last, which the render workers share (without these, all).
        states: what is rendered.
        render: how.
        datasets: folders of datasets to learn from as well, or alone with render.workers 0.
        dataset_share: share of a batch that comes from datasets, where there are renders too.
        optimizer: see there.
        contrast, noise: of the images (paper, Table 9): factor within, standard deviation.
        checkpoint_s, log_s, validate_s: time between checkpoints, lines of the log, and errors on held-out renders [s].
        validation: number of held-out renders.
    """

    kind: Literal["regression", "keypoints"]
    object: str
    width: int
    seed: int
    ranks: int
    states: StatesConfig
    render: RenderConfig
    datasets: tuple[str, ...]
    dataset_share: float
    optimizer: OptimizerConfig
    contrast: tuple[float, float]
    noise: float
    checkpoint_s: float
    log_s: float
    validate_s: float
    validation: int

    def __post_init__(self) -> None:
        if (self.kind == "keypoints") != (self.width > 0):
            raise ConfigError(f"width must be > 0 for keypoints and 0 for regression, is {self.width}")
        if not self.render.workers and not self.datasets:
            raise ConfigError("nothing to learn from: give render.workers > 0 or datasets")
        if not 0.0 < self.dataset_share < 1.0:
            raise ConfigError(f"dataset_share must be in (0, 1), is {self.dataset_share}")


def load_vision_training(path: str | Path, overrides: Mapping[str, Any] | None = None) -> VisionTraining:
    """Reads a run; `overrides` are laid over it, with dots for nested keys ("render.workers").

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    raw: dict[str, Any] = dict(read_yaml(path))
    for key, value in (overrides or {}).items():
        section, _, name = key.rpartition(".")
        place = raw
        for part in section.split(".") if section else []:
            place = place.setdefault(part, {})
        place[name] = value
    return load_config(VisionTraining, raw, str(path))
