"""Where the workers run: a Ray cluster that is there already, or one of this machine's cores."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import ray

from inhand_core.config import ConfigError
from inhand_training.actor_critic import ActorCritic
from inhand_training.config import PpoPhase
from inhand_training.ranks import Ranks
from inhand_training.rapid.config import RapidConfig
from inhand_training.rapid.learner import RapidLearner
from inhand_training.rapid.pool import WorkerPool
from inhand_training.rapid.worker import RolloutWorker


def join_cluster(address: str) -> str:
    """Joins the cluster, or starts one where `address` is empty; returns its address.

    Raises:
        ConfigError: there is no cluster at `address`.
    """
    try:
        context: Any = ray.init(address=address or "local", logging_level=logging.WARNING, ignore_reinit_error=True)
    except (ConnectionError, ValueError) as error:
        raise ConfigError(f"no Ray cluster at {address!r} (start one with `ray start --head`): {error}") from error
    return context.address_info["gcs_address"]


@contextlib.contextmanager
def rapid_learner(
    model: ActorCritic, phase: PpoPhase, config: RapidConfig, seed: int, ranks: Ranks
) -> Iterator[RapidLearner]:
    """The optimiser of this rank with its workers, every `ranks.size`-th of all; the workers end with the context.

    Raises:
        ConfigError: there are fewer workers than optimisers, or no cluster.
    """
    if config.workers < ranks.size:
        raise ConfigError(f"{config.workers} workers for {ranks.size} optimisers: each needs at least one")
    join_cluster(config.address)
    numbers = range(ranks.rank, config.workers, ranks.size)
    pool = WorkerPool(RolloutWorker, lambda number: (number, phase, seed), numbers, config.max_staleness)
    try:
        yield RapidLearner(model, phase, pool, config.chunks, ranks)
    finally:
        pool.close()
