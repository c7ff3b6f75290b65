"""Trains a pose estimator; goes on where an interrupted run stopped."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inhand_core.config import ConfigError
from inhand_training.checkpoint import find_checkpoint, read_checkpoint, save_checkpoint
from inhand_training.ranks import Ranks, StopRequest, spawn_ranks
from inhand_training.runlog import RunLog, revision, write_provenance
from inhand_training.vision.batches import Batch, BatchMaker, RenderBuffer, sample_config
from inhand_training.vision.config import OptimizerConfig, VisionTraining
from inhand_training.vision.pool import RenderPool
from inhand_training.vision.samples import SampleConfig
from inhand_training.vision.states import cached_states, object_in_world
from inhand_vision import keypoints
from inhand_vision.datasets.files import PoseDataset, Samples
from inhand_vision.errors import evaluate_samples
from inhand_vision.estimator import estimator_of
from inhand_vision.images import ImageConfig, load_image_config
from inhand_vision.rig import base_pose
from inhand_vision.weights import VisionMetadata, build_network, save_vision

WEIGHTS = "vision.safetensors"
"""Of the run, in its folder."""
HELD_OUT = 7919
"""Added to the seed for states, poses and looks that no training sees."""


@dataclass
class Progress:
    """How far a run is: batches, samples used, samples this rank has rendered, and seconds of wall time."""

    batches: int = 0
    used: int = 0
    rendered: int = 0
    seconds: float = 0.0


def train(config: VisionTraining, folder: Path, recipe: str) -> Path:
    """Trains to the end of the configured batches, or until asked to stop; returns the path of the weights file.

    Args:
        config: the run.
        folder: of the run: checkpoints, log, states, weights.
        recipe: name of the configuration, for the weights' metadata.
    """
    write_provenance(folder, config)
    cores = len(os.sched_getaffinity(0))
    size = config.ranks or (1 if torch.cuda.is_available() else max(1, cores - bool(config.render.workers)))
    if size > config.optimizer.batch:
        raise ConfigError(f"{size} ranks cannot share batches of {config.optimizer.batch}; give a smaller number")
    if size == 1:
        torch.set_num_threads(max(1, cores - bool(config.render.workers)))
        _run_rank(0, 1, None, config, folder, recipe)
    else:
        spawn_ranks(_run_rank, size, config, folder, recipe)
    return folder / WEIGHTS


def _run_rank(rank: int, size: int, store: str | None, config: VisionTraining, folder: Path, recipe: str) -> None:
    if size > 1:
        torch.set_num_threads(1)
    ranks = Ranks(rank, size, store)
    trainer = VisionTrainer(config, folder, recipe, ranks)
    try:
        trainer.run(StopRequest())
    finally:
        trainer.close()
        ranks.close()


class VisionTrainer:
    """One rank of a run, with its network, optimizer, batches and log.

    Args:
        config: the run.
        folder: of the run.
        recipe: name of the configuration, for the weights' metadata.
        ranks: this process among the others; rank 0 logs, validates and writes the weights.
    """

    def __init__(self, config: VisionTraining, folder: Path, recipe: str, ranks: Ranks | None = None) -> None:
        self._config, self._folder, self._ranks = config, folder, ranks or Ranks()
        self._images = load_image_config()
        self.weights = folder / WEIGHTS
        training = {"recipe": recipe, "revision": revision(), "seed": config.seed}
        self._metadata = VisionMetadata(config.kind, config.object, self._images, config.width, training=training)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(config.seed)
        network: Any = build_network(self._metadata)  # torch's types know no device with a memory format
        self.network: Any = network.to(self._device, memory_format=torch.channels_last)
        self._optimizer = make_optimizer(config.optimizer, self.network)
        self.progress = Progress()
        self._resume()
        self._pool: RenderPool | None = None
        self._buffer: RenderBuffer | None = None
        if config.render.workers:
            states = self._states()
            self._set_normalisation(object_in_base(states))
            stream = config.seed + 100_003 * self.progress.rendered  # a run that goes on does not see the same again
            stream = (stream * self._ranks.size + self._ranks.rank) % 2**40
            self._pool = RenderPool(sample_config(config, self._images), states, stream, config.render.workers)
            self._buffer = RenderBuffer(self._pool, config.render.buffer, self._images.size, config.render.reuse)
        datasets = [PoseDataset(path, "train") for path in config.datasets]
        if not config.render.workers:
            self._set_normalisation(np.concatenate([dataset.positions() for dataset in datasets]))
        self._batches = BatchMaker(config, self._images, self._buffer, datasets)
        self._validation: Samples | None = None
        self._log = RunLog(folder, config.kind) if self._ranks.is_first else None

    def run(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Trains to the end, or until `stop`; checkpoints and the weights file are written on the way."""
        config, progress = self._config, self.progress
        random = np.random.default_rng((config.seed, progress.batches, self._ranks.rank))
        start = begun = saved = logged = validated = time.monotonic()
        before, base, losses = Progress(**vars(progress)), progress.seconds, []
        rendered_before, stopped = progress.rendered, False
        while progress.batches < config.optimizer.batches and not stopped:
            losses.append(self.update(random))
            now = time.monotonic()
            progress.seconds = base + now - start
            if self._buffer is not None:
                progress.rendered = rendered_before + self._buffer.rendered
            last = progress.batches == config.optimizer.batches
            due = [stop(), now - validated >= config.validate_s, now - logged >= config.log_s]
            stopped, validate, log, save = self._agreed([*due, now - saved >= config.checkpoint_s])
            errors: dict[str, float] = {}
            if validate or last:
                errors, validated = self.validate() if self._ranks.is_first else {}, time.monotonic()
            if validate or last or log:
                self._write(losses, before, time.monotonic() - begun, errors)
                before, begun, logged, losses = Progress(**vars(progress)), time.monotonic(), time.monotonic(), []
            if save and not last:
                self.save()
                saved = time.monotonic()
        self.save()

    def validate(self) -> dict[str, float]:
        """Errors on held-out renders with randomised looks, or on the datasets' validation split."""
        if self._validation is None:
            self._validation = held_out(self._config, self._images, self._folder)
        metadata = self._metadata
        self.network.eval()
        estimator = estimator_of(metadata, self.network)
        errors, _ = evaluate_samples(estimator, self._validation)
        self.network.train()
        found = errors.summary()
        return {key: found[key] for key in ("rotation_deg_mean", "rotation_deg_median", "position_mm_mean", "valid")}

    def save(self) -> None:
        """Writes a checkpoint and the weights file."""
        content = {
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        save_checkpoint(self._folder, content, self._ranks)
        rendered = self._ranks.mean(torch.tensor(self.progress.rendered, dtype=torch.float64)) * self._ranks.size
        if not self._ranks.is_first:
            return
        training = {**self._metadata.training, **vars(self.progress), "rendered": round(float(rendered))}
        training["renderer"] = self._config.render.renderer
        save_vision(self.weights, replace(self._metadata, training=training), self.network)

    def close(self) -> None:
        """Ends the render workers and the log."""
        if self._log is not None:
            self._log.close()
        if self._pool is not None:
            self._pool.close()

    def update(self, random: np.random.Generator) -> float:
        """Learns from the next batch; its loss."""
        config, ranks = self._config.optimizer, self._ranks
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(config, self.progress.batches)
        part = config.batch * (ranks.rank + 1) // ranks.size - config.batch * ranks.rank // ranks.size
        batch = self._batches.draw(part, random)
        self.network.train()
        loss = self._loss(batch)
        self._optimizer.zero_grad(set_to_none=True)
        (loss * (part * ranks.size / config.batch)).backward()
        ranks.average_gradients(self.network.parameters())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self._optimizer.step()
        self.progress.batches += 1
        self.progress.used += config.batch
        return float(loss.detach())

    def _agreed(self, flags: list[bool]) -> list[bool]:
        """What any rank finds due: the ranks act together, each with a clock of its own."""
        return (self._ranks.mean(torch.tensor(flags, dtype=torch.float32)) > 0).tolist()

    def _loss(self, batch: Batch) -> torch.Tensor:
        images = batch.images.to(self._device)
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.optimizer.bfloat16)
        if self._config.kind == "keypoints":
            flat = images.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            with half:
                logits = self.network(flat)
            return keypoints.loss(logits.float(), batch.pixels.to(self._device).flatten(0, 1), self._images.size)
        with half:
            output = self.network(images)
        position, orientation = batch.position.to(self._device), batch.orientation.to(self._device)
        return self.network.loss(output.float(), position, orientation)

    def _write(self, losses: list[float], before: Progress, seconds: float, errors: dict[str, float]) -> None:
        progress, waited = self.progress, 0.0 if self._buffer is None else self._buffer.waited_s
        means = [float(np.mean(losses)), progress.rendered - before.rendered, waited]
        loss, rendered, waited = self._ranks.mean(torch.tensor(means, dtype=torch.float64)).tolist()
        if self._log is None:
            return
        self._log.write(
            {
                "minutes": progress.seconds / 60.0,
                "steps": float(progress.batches),
                "samples_per_s": (progress.used - before.used) / seconds,
                "renders_per_s": 3.0 * rendered * self._ranks.size / seconds,
                "learning_rate": self._optimizer.param_groups[0]["lr"],
                "loss": loss,
                **errors,
                "waited_s": waited,
            }
        )
        self._log.progress(progress.batches / self._config.optimizer.batches)

    def _states(self) -> np.ndarray:
        """States to render, gathered once by rank 0."""
        config, path = self._config, self._folder / "states.npz"
        if not self._ranks.is_first:
            self._ranks.barrier()
        states = cached_states(path, config.states, config.object, config.seed)
        if self._ranks.is_first:
            self._ranks.barrier()
        return states

    def _resume(self) -> None:
        if (checkpoint := find_checkpoint(self._folder)) is None:
            return
        content = read_checkpoint(checkpoint, self._ranks.rank)
        self.network.load_state_dict(content["network"])
        self._optimizer.load_state_dict(content["optimizer"])
        self.progress = Progress(**content["progress"])

    def _set_normalisation(self, position: np.ndarray) -> None:
        """The paper's targets are normalised: by the positions (n, 3) [m, hand_base] that are learned."""
        if self._config.kind == "regression":
            self.network.position_mean[:] = torch.from_numpy(position.mean(0))
            self.network.position_std[:] = torch.from_numpy(position.std(0))


def make_optimizer(config: OptimizerConfig, network: torch.nn.Module) -> torch.optim.Optimizer:
    """Adam, with the paper's or with decoupled weight decay."""
    kind = torch.optim.AdamW if config.decoupled else torch.optim.Adam
    return kind(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)


def learning_rate(config: OptimizerConfig, batch: int) -> float:
    """The rate of a batch."""
    rate = config.learning_rate * min(1.0, (batch + 1) / max(config.warmup, 1))
    if config.halve_every:
        return rate * 0.5 ** (batch // config.halve_every)
    return rate * 0.5 * (1.0 + math.cos(math.pi * min(batch / config.batches, 1.0)))


def object_in_base(states: np.ndarray) -> np.ndarray:
    """Object positions (n, 3) [m, hand_base] of states (n, 31)."""
    base = np.linalg.inv(base_pose())
    return object_in_world(states)[0] @ base[:3, :3].T + base[:3, 3]


def held_out(config: VisionTraining, images: ImageConfig, folder: Path) -> Samples:
    """Samples that no training sees: renders of other rollouts, or the datasets' validation split."""
    if not config.render.workers:
        dataset = PoseDataset(config.datasets[0], "val")
        return dataset.gather(np.linspace(0, len(dataset) - 1, min(config.validation, len(dataset))).astype(int))
    states = replace(config.states, count=config.validation, every=25)
    qpos = cached_states(folder / "held_out.npz", states, config.object, config.seed + HELD_OUT)
    render: dict[str, Any] = {"looks": True, "augment": False, "scale_spread": 0.0, "absent": 0.0}
    pool = RenderPool(
        SampleConfig(config.render.renderer, config.object, images, **render), qpos, config.seed + HELD_OUT, 1
    )
    try:
        return pool.draw(config.validation)
    finally:
        pool.close()
