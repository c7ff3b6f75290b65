"""Sequences of experience: T steps of B environments, with the memories at their begin."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from inhand_training.actor_critic import ActorCritic
from inhand_training.env import Counts, EpisodeWindow, Observation, VectorEnv
from inhand_training.networks import Memory


def to_tensors(observation: Observation) -> dict[str, Tensor]:
    """Copies of the observation groups as float32 tensors."""
    return {name: torch.from_numpy(value.copy()) for name, value in observation.items()}


@dataclass
class Rollout:
    """T steps of B rows; (T, B, …) unless stated.

    Attributes:
        observation: by group.
        sample: what the policy drew.
        log_probability: of the sample, when drawn.
        reward: as given.
        value: (T + 1, B) in reward units.
        terminal, ended, valid: as in `Step`.
        start: the observation begins an episode.
        memory: of policy and value network before the first step.
        counts: what happened in these steps.
    """

    observation: dict[str, Tensor]
    sample: Tensor
    log_probability: Tensor
    reward: Tensor
    value: Tensor
    terminal: Tensor
    ended: Tensor
    valid: Tensor
    start: Tensor
    memory: tuple[Memory, Memory]
    counts: Counts


class Collector:
    """Steps an environment with a policy and hands out rollouts; holds what must be carried between them.

    Args:
        env: the environment.
        model: the policy and value network.
        horizon: T.
        window: number of episodes in the statistics.
    """

    def __init__(self, env: VectorEnv, model: ActorCritic, horizon: int, window: int) -> None:
        self.env, self.model, self.horizon = env, model, horizon
        self.episodes = EpisodeWindow(window)
        self.observation = to_tensors(env.start())
        self.memory = model.memory(env.batch)
        self.start = torch.ones(env.batch, dtype=torch.bool)

    def collect(self) -> Rollout:
        """Steps `horizon` times."""
        memory, model = self.memory, self.model
        columns: dict[str, list[Tensor]] = {key: [] for key in ("sample", "log", "reward", "value")}
        flags: dict[str, list[Tensor]] = {key: [] for key in ("terminal", "ended", "valid", "start")}
        observations: list[dict[str, Tensor]] = []
        counts = Counts()
        for _ in range(self.horizon):
            decision = model.act(self.observation, self.memory, self.start)
            step = self.env.step(decision.action.numpy())
            observations.append(self.observation)
            for key, value in zip(columns, (decision.sample, decision.log_probability), strict=False):
                columns[key].append(value)
            columns["reward"].append(torch.from_numpy(step.reward.copy()))
            columns["value"].append(decision.value)
            flags["start"].append(self.start)
            for key in ("terminal", "ended", "valid"):
                flags[key].append(torch.from_numpy(getattr(step, key).copy()))
            self.memory, self.observation = decision.memory, to_tensors(step.observation)
            self.start = torch.from_numpy(step.start.copy())
            self.episodes.add(step.episodes)
            counts += step.counts
        columns["value"].append(model.act(self.observation, self.memory, self.start).value)
        return Rollout(
            observation={k: torch.stack([o[k] for o in observations]) for k in observations[0]},
            sample=torch.stack(columns["sample"]),
            log_probability=torch.stack(columns["log"]),
            reward=torch.stack(columns["reward"]),
            value=torch.stack(columns["value"]),
            memory=memory,
            counts=counts,
            **{key: torch.stack(value) for key, value in flags.items()},
        )

    def save(self) -> dict:
        """What the next `collect` depends on, the environment included."""
        return {
            "env": self.env.save(),
            "observation": self.observation,
            "memory": self.memory,
            "start": self.start,
            "episodes": (self.episodes.goals, self.episodes.steps, self.episodes.reason),
        }

    def restore(self, saved: dict) -> None:
        """Goes back to what `save` returned."""
        self.env.restore(saved["env"])
        self.observation, self.memory, self.start = saved["observation"], saved["memory"], saved["start"]
        self.episodes.goals, self.episodes.steps, self.episodes.reason = (list(v) for v in saved["episodes"])
