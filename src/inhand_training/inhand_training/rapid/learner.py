"""An optimiser whose experience comes from rollout workers."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import Any

import torch
from torch import Tensor

from inhand_training.actor_critic import ActorCritic
from inhand_training.config import PpoPhase
from inhand_training.curriculum import Curricula
from inhand_training.env import Counts, EpisodeWindow
from inhand_training.networks import Memory
from inhand_training.ppo import Ppo
from inhand_training.ranks import Ranks
from inhand_training.rapid.pool import WorkerPool
from inhand_training.rapid.worker import Chunk, Order
from inhand_training.rollout import Rollout

PATIENCE_S = 60.0
"""How long no chunk may come before the optimiser says so [s]; it goes on waiting."""


class RemoteEnv:
    """What the loop of a phase needs of the workers' environments together.

    Args:
        phase: the phase.
        chunks: chunks of an update.

    Attributes:
        batch: rows of an update. curricula: those of all workers. failures: kept until taken.
    """

    def __init__(self, phase: PpoPhase, chunks: int) -> None:
        self.batch = phase.env.batch * chunks
        self.curricula = Curricula(phase.env.goals, phase.env.scale)
        self.failures: list[Any] = []

    @property
    def progress(self) -> dict[str, float]:
        """Values of the curricula."""
        return self.curricula.progress

    def adapt(self, summary: dict[str, float]) -> None:
        """Moves the curricula; workers hear of it with their next order."""
        self.curricula.update(summary)

    def take_failures(self) -> list[Any]:
        """States from which physics diverged at a worker, since the last call."""
        taken, self.failures = self.failures, []
        return taken


class RapidLearner:
    """PPO on chunks from a pool of workers.

    A chunk is a few updates old when it is used (its staleness, which is reported); PPO's ratio is taken against the
    policy that acted, and advantages come from the values that it saw.

    Args:
        model: policy and value network.
        phase: the phase.
        pool: the workers of this rank.
        chunks: chunks of an update.
        ranks: the data-parallel group.

    Attributes:
        heard: numbers of the workers whose chunks the last update was made of.
    """

    def __init__(self, model: ActorCritic, phase: PpoPhase, pool: WorkerPool, chunks: int, ranks: Ranks) -> None:
        ranks.same_start(model)
        self.env, self.model, self.horizon = RemoteEnv(phase, chunks), model, phase.ppo.horizon
        self.ppo = Ppo(model, phase.ppo, ranks)
        self.pool, self.episodes = pool, EpisodeWindow(phase.ppo.window)
        self._chunks, self._version = chunks, 0
        self._stage = self.env.curricula.stage
        self.heard: set[int] = set()
        if any(network.normalizer.unseen for network in (model.actor, model.critic)):
            self._order()
            rollout = merge(pool.gather(chunks, _Patience()))
            self.ppo.observe(rollout)

    def iterate(self, progress: float) -> tuple[dict[str, float], Counts]:
        """Gathers `chunks` chunks and updates from them."""
        if self.env.curricula.stage != self._stage:
            self._stage = self.env.curricula.stage
            self.episodes.clear()
        self._order()
        chunks = self.pool.gather(self._chunks, _Patience())
        ages = [self._version - chunk.version for chunk in chunks]
        for chunk in chunks:
            self.env.failures += chunk.failures
            self.episodes.extend(chunk.episodes)
        self.heard = {chunk.worker for chunk in chunks}
        rollout = merge(chunks)
        scalars = self.ppo.update(rollout, progress)
        self._version += 1
        scalars |= {
            "reward": float(rollout.reward[rollout.valid].mean()),
            "staleness": sum(ages) / len(ages),
            "staleness_max": float(max(ages)),
            "chunks_lost": float(self.pool.lost),
            "chunks_stale": float(self.pool.stale),
            "workers_heard": float(len(self.heard)),
            "chunk_seconds": sum(chunk.seconds for chunk in chunks) / len(chunks),
        }
        return scalars, rollout.counts

    def save(self) -> dict[str, Any]:
        """Networks, optimiser and curricula; what the workers are at is not kept, so no run repeats bit for bit."""
        return {
            **self.ppo.save(),
            "curricula": self.env.curricula.save(),
            "version": self._version,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes on from what `save` returned."""
        self.ppo.restore(saved)
        self.env.curricula.restore(saved["curricula"])
        self._version = saved["version"]

    def _order(self) -> None:
        parameters = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.pool.order(Order(self._version, parameters, self.env.curricula.save()))


class _Patience:
    """Says on stderr now and then that no chunk comes."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._since > PATIENCE_S:
            self._since = time.monotonic()
            print(f"no experience for {PATIENCE_S:g} s: no worker is alive, or none has a core", file=sys.stderr)


def merge(chunks: list[Chunk]) -> Rollout:
    """One rollout of the rows of all chunks side by side."""
    rollouts = [chunk.rollout for chunk in chunks]

    def rows(name: str) -> Tensor:
        return torch.cat([getattr(r, name) for r in rollouts], dim=1)

    values = {
        field.name: rows(field.name)
        for field in dataclasses.fields(Rollout)
        if field.name not in ("observation", "memory", "counts")
    }
    return Rollout(
        observation={k: torch.cat([r.observation[k] for r in rollouts], dim=1) for k in rollouts[0].observation},
        memory=(_merge_memories([r.memory[0] for r in rollouts]), _merge_memories([r.memory[1] for r in rollouts])),
        counts=sum((r.counts for r in rollouts), Counts()),
        **values,
    )


def _merge_memories(memories: list[Memory]) -> Memory:
    if memories[0] is None:
        return None
    return tuple(torch.cat(parts) for parts in zip(*memories))
