"""What the roles of distributed training cost on this machine: a worker's chunk, messages, an optimiser's update."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from inhand_core.config import ConfigError
from inhand_training.config import Phase, PpoPhase
from inhand_training.curriculum import Curricula
from inhand_training.ppo import Ppo
from inhand_training.ranks import Ranks
from inhand_training.rapid.learner import merge
from inhand_training.rapid.worker import Chunk, Order, RolloutWorker


@dataclass(frozen=True)
class Costs:
    """Costs of one worker and one optimiser, each on one core: processor time, which a busy machine changes little.

    Attributes:
        chunk_steps: environment steps of a chunk.
        chunk_s: times that chunks took to gather [s], one each.
        chunk_bytes: size of a chunk as a message.
        order_bytes: size of an order, parameters and curricula, as a message.
        unpack_s: time that the optimiser takes to unpack a chunk [s].
        pull_s: time that a worker takes to unpack an order and load its parameters [s].
        update_base_s: time of an update whatever its size [s].
        update_step_s: time of an update for each environment step in it, all epochs [s].
        minibatches: gradient steps of an update.
    """

    chunk_steps: int
    chunk_s: tuple[float, ...]
    chunk_bytes: int
    order_bytes: int
    unpack_s: float
    pull_s: float
    update_base_s: float
    update_step_s: float
    minibatches: int


def measure(phase: Phase, seed: int, repeats: int = 5) -> Costs:
    """Measures a phase's costs in this process, on one thread; medians of `repeats`.

    Raises:
        ConfigError: the phase is not of kind "ppo".
    """
    if phase.kind != "ppo":
        raise ConfigError(f"phase {phase.name!r} is of kind {phase.kind!r}: workers gather for PPO alone")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measure(phase, seed, repeats)
    finally:
        torch.set_num_threads(threads)


def _measure(phase: PpoPhase, seed: int, repeats: int) -> Costs:
    worker = RolloutWorker(0, phase, seed)
    parameters = {name: value.clone() for name, value in worker.model.state_dict().items()}
    order = Order(0, parameters, Curricula(phase.env.goals, phase.env.scale).save())
    worker.gather(order)  # the first one fills caches
    chunks: list[Chunk] = []
    gathering = [_cpu_s(lambda: chunks.append(worker.gather(order))) for _ in range(max(repeats, 4))]
    packed, packed_order = pickle.dumps(chunks[0]), pickle.dumps(order)

    def pull() -> None:
        worker.model.load_state_dict(pickle.loads(packed_order).parameters)

    few, many = (_update_s(worker, phase, parameters, chunks[:count], repeats) for count in (1, 4))
    steps = phase.ppo.horizon * phase.env.batch
    per_step = max(many - few, 0.0) / (3 * steps)
    return Costs(
        chunk_steps=steps,
        chunk_s=tuple(gathering),
        chunk_bytes=len(packed),
        order_bytes=len(packed_order),
        unpack_s=_median_s(lambda: pickle.loads(packed), repeats),
        pull_s=_median_s(pull, repeats),
        update_base_s=max(few - per_step * steps, 0.0),
        update_step_s=per_step,
        minibatches=phase.ppo.epochs * max(1, steps // phase.ppo.minibatch),
    )


def _update_s(
    worker: RolloutWorker, phase: PpoPhase, parameters: dict[str, Any], chunks: list[Chunk], repeats: int
) -> float:
    """Time of an update [s]; every one begins with the parameters that gathered the chunks."""

    def update() -> None:
        worker.model.load_state_dict(parameters)
        Ppo(worker.model, phase.ppo, Ranks()).update(merge(chunks))

    return _median_s(update, repeats)


def _median_s(work: Callable[[], Any], repeats: int) -> float:
    return float(np.median([_cpu_s(work) for _ in range(repeats)]))


def _cpu_s(work: Callable[[], Any]) -> float:
    """Processor time of this process [s]: of physics and networks on a thread each, one at a time."""
    begin = time.process_time()
    work()
    return time.process_time() - begin
