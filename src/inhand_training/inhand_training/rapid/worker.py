"""What a rollout worker does; no Ray in here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from inhand_training.actor_critic import ActorCritic
from inhand_training.config import PpoPhase
from inhand_training.env import VectorEnv
from inhand_training.graph_env import GraphEnv, GraphEnvConfig
from inhand_training.rollout import Collector, Rollout


@dataclass(frozen=True)
class Order:
    """What a worker needs to gather: parameters, their version, and the state of the curricula."""

    version: int
    parameters: dict[str, torch.Tensor]
    curricula: Any


@dataclass(frozen=True)
class Chunk:
    """What a worker hands back.

    Attributes:
        worker: its number; version: of the parameters it acted with.
        rollout: T steps of B rows.
        episodes: goals, steps and reasons of those that ended, oldest first, as (n, 3) nested lists.
        seconds: it took.
        failures: states from which physics diverged.
    """

    worker: int
    version: int
    rollout: Rollout
    episodes: list[tuple[float, float, int]]
    seconds: float
    failures: list[Any]


def single_threaded(config: GraphEnvConfig, seed: int) -> VectorEnv:
    """The graph with one physics thread."""
    return GraphEnv(config, seed, threads=1)


class RolloutWorker:
    """An environment and copies of the networks, on one thread.

    Args:
        number: of this worker; decides its random numbers with the seed.
        phase: the phase that is trained.
        seed: of the run.
        environment: makes the environment from the phase's configuration of it and a seed.
    """

    def __init__(
        self,
        number: int,
        phase: PpoPhase,
        seed: int,
        environment: Callable[[GraphEnvConfig, int], VectorEnv] = single_threaded,
    ) -> None:
        torch.set_num_threads(1)
        self.number = number
        # A worker that was started again must not repeat what it has already given.
        own = hash((seed, number, time.time_ns())) % 2**31
        torch.manual_seed(own)
        self.env = environment(phase.env, own)
        self.model = ActorCritic(phase.actor, phase.critic, self.env.sizes, self.env.actions)
        # The window must hold all episodes that can end in a chunk: each is handed over once.
        window = self.env.batch * phase.ppo.horizon
        self._collector = Collector(self.env, self.model, phase.ppo.horizon, window)

    def gather(self, order: Order) -> Chunk:
        """One chunk with the parameters of `order`."""
        begin = time.perf_counter()
        self.model.load_state_dict(order.parameters)
        self.env.follow(order.curricula)
        rollout = self._collector.collect()
        window = self._collector.episodes
        episodes = list(zip(window.goals, window.steps, window.reason, strict=True))
        window.clear()
        seconds = time.perf_counter() - begin
        return Chunk(self.number, order.version, rollout, episodes, seconds, self.env.take_failures())
