"""Batches for the trainer: samples from renders and datasets, as the network's input with contrast and noise."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from inhand_description.objects import OBJECTS
from inhand_training.vision.config import VisionTraining
from inhand_training.vision.pool import RenderPool
from inhand_training.vision.samples import SampleConfig, empty_samples
from inhand_vision.datasets.files import PoseDataset, Samples
from inhand_vision.geometry import corners_at, project
from inhand_vision.images import ImageConfig, prepare

_FIRST = 4  # batches' worth of samples that must be there before the first


@dataclass(frozen=True)
class Batch:
    """A batch: images (B, C, 3, S, S), position (B, 3), orientation (B, 4), pixels of the corners (B, C, K, 2)."""

    images: Tensor
    position: Tensor
    orientation: Tensor
    pixels: Tensor


def sample_config(config: VisionTraining, images: ImageConfig) -> SampleConfig:
    """What a run renders."""
    render = config.render
    absent = render.absent if config.kind == "keypoints" else 0.0
    return SampleConfig(render.renderer, config.object, images, True, True, render.scale_spread, absent)


class RenderBuffer:
    """The newest renders, in memory; each is used `reuse` times on average.

    Args:
        pool: of workers.
        size: samples kept.
        side: of the images [px].
        reuse: see `RenderConfig`.
    """

    def __init__(self, pool: RenderPool, size: int, side: int, reuse: float) -> None:
        self._pool, self._reuse = pool, reuse
        self._samples = empty_samples(size, side)
        self._size = size
        self.rendered = 0
        self.used = 0
        self.waited_s = 0.0

    def draw(self, count: int, random: np.random.Generator) -> Samples:
        """Samples drawn from the buffer, after taking in as many new ones as are due."""
        begun = time.perf_counter()
        due = max(min(_FIRST * count, self._size), (self.used + count) / self._reuse)
        while self.rendered < due:
            self._pool.take(self._samples, self.rendered % self._size)
            self.rendered += 1
        self.waited_s += time.perf_counter() - begun
        self.used += count
        return self._samples[random.integers(min(self.rendered, self._size), size=count)]


class BatchMaker:
    """Draws batches.

    Args:
        config: of the run.
        images: crop and size.
        buffer: renders, or None.
        datasets: mapped datasets, may be none.
    """

    def __init__(
        self, config: VisionTraining, images: ImageConfig, buffer: RenderBuffer | None, datasets: list[PoseDataset]
    ) -> None:
        self._config, self._images = config, images
        self._buffer, self._datasets = buffer, datasets
        self._vertices = OBJECTS[config.object].vertices

    def draw(self, count: int, random: np.random.Generator) -> Batch:
        """A batch of `count` samples."""
        recorded = 0
        if self._datasets:
            recorded = count if self._buffer is None else round(self._config.dataset_share * count)
        parts = []
        if recorded:
            lengths = np.array([len(dataset) for dataset in self._datasets])
            picks = random.choice(len(lengths), recorded, p=lengths / lengths.sum())
            parts += [self._datasets[i].gather([random.integers(lengths[i])]) for i in picks]
        if count > recorded and self._buffer is not None:
            parts.append(self._buffer.draw(count - recorded, random))
        return self._prepared(join(parts), random)

    def _prepared(self, samples: Samples, random: np.random.Generator) -> Batch:
        low, high = self._config.contrast
        shape = (3, self._images.size, self._images.size)
        images = [
            prepare(
                image,
                self._images,
                float(random.uniform(low, high)),
                self._config.noise * random.standard_normal(shape, np.float32),
            )
            for row in samples.images
            for image in row
        ]
        stacked = np.stack(images).reshape(*samples.images.shape[:2], *shape)
        points = corners_at(self._vertices, samples.position, samples.orientation)
        pixels = project(points, samples.camera_matrix.astype(float), samples.camera_pose.astype(float))
        pixels = np.nan_to_num(pixels, nan=-1e3)  # no object, no corner in view
        values = (samples.position, samples.orientation, pixels)
        return Batch(torch.from_numpy(stacked), *(torch.from_numpy(value).float() for value in values))


def join(parts: list[Samples]) -> Samples:
    """Samples one after the other."""
    return Samples(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Samples)))
