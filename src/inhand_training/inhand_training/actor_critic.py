"""A policy and a value network side by side; no weights shared, each with its own observations (asymmetric)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inhand_policy.normalizer import RunningNormalizer
from inhand_training.distributions import distribution
from inhand_training.networks import Memory, Network, NetworkConfig


@dataclass(frozen=True)
class Decision:
    """One step's decisions: action (B, A) in [-1, 1], sample, its log probability (B,), value (B,) in reward units,
    and the memory after it."""

    action: Tensor
    sample: Tensor
    log_probability: Tensor
    value: Tensor
    memory: tuple[Memory, Memory]


class ActorCritic(nn.Module):
    """Policy and value network.

    Args:
        actor: shape of the policy network.
        critic: shape of the value network (head "value").
        sizes: length of each observation group.
        actions: number of action coordinates.
    """

    def __init__(self, actor: NetworkConfig, critic: NetworkConfig, sizes: dict[str, int], actions: int) -> None:
        super().__init__()
        for network in (actor, critic):
            if network.observes not in sizes:
                raise ValueError(f"unknown observation group {network.observes!r}; known {sorted(sizes)}")
        self.distribution = distribution(actor.head, actions, actor.initial_std)
        self.actor = Network(actor, sizes[actor.observes], self.distribution.outputs, gain=0.01)
        self.critic = Network(critic, sizes[critic.observes], 1, gain=1.0)
        self.returns = RunningNormalizer(1, clip=float("inf"))

    @property
    def recurrent(self) -> bool:
        """Whether either network has memory."""
        return self.actor.recurrent or self.critic.recurrent

    def memory(self, batch: int) -> tuple[Memory, Memory]:
        """Empty memories of B rows."""
        return self.actor.memory(batch), self.critic.memory(batch)

    @torch.no_grad()
    def act(
        self,
        observation: dict[str, Tensor],
        memory: tuple[Memory, Memory],
        start: Tensor,
        deterministic: bool = False,
    ) -> Decision:
        """Acts once.

        Args:
            observation: groups of (B, n) raw observations.
            memory: from `memory` or the last decision.
            start: (B,) bool, rows that begin an episode.
            deterministic: take the mean in place of a sample.
        """
        parameters, actor_memory = self.actor(observation[self.actor.config.observes][None], memory[0], start[None])
        value, critic_memory = self.critic(observation[self.critic.config.observes][None], memory[1], start[None])
        parameters = parameters[0]
        sample = self.distribution.mean(parameters) if deterministic else self.distribution.sample(parameters)
        return Decision(
            action=self.distribution.action(sample),
            sample=sample,
            log_probability=self.distribution.log_probability(parameters, sample),
            value=self.returns.denormalize(value[0])[:, 0],
            memory=(actor_memory, critic_memory),
        )
