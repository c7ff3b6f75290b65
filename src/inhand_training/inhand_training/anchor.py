"""Holds a policy near the one that it began with, less and less."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from inhand_core.config import ConfigError
from inhand_core.ranges import NOT_NEGATIVE
from inhand_training.networks import Memory, Network


@dataclass(frozen=True)
class AnchorConfig:
    """Weight of the KL divergence [1/nat] from the policy at the phase's start, and how it fades.

    Attributes:
        first: at the start of the phase.
        last: at its end; linear between.
    """

    first: Annotated[float, NOT_NEGATIVE]
    last: Annotated[float, NOT_NEGATIVE]

    def __post_init__(self) -> None:
        if self.last > self.first:
            raise ConfigError(f"the anchor fades: needs last <= first, given first {self.first}, last {self.last}")

    def weight(self, progress: float) -> float:
        """At `progress` in [0, 1] through the phase."""
        return self.first + (self.last - self.first) * min(1.0, progress)


class Anchor:
    """A frozen copy of a policy network, run over the same rollouts, one after another, with a memory of its own.

    Args:
        actor: the network as the phase begins.
    """

    def __init__(self, actor: Network) -> None:
        self.network = copy.deepcopy(actor).requires_grad_(False)
        self._memory: Memory = None

    @torch.no_grad()
    def parameters_of(self, observation: Tensor, start: Tensor, memory: Memory) -> Tensor:
        """(T, B, …) distribution parameters for a rollout that follows the last one.

        Args:
            observation: (T, B, n) what the policy saw.
            start: (T, B) bool, rows whose memory is emptied before that step.
            memory: the policy's at the begin; taken for the first rollout, whose policy is the anchor itself.
        """
        if self._memory is None:
            self._memory = memory
        parameters, self._memory = self.network(observation, self._memory, start)
        return parameters

    def save(self) -> dict[str, Any]:
        """The network, and what it remembers of the experience under way."""
        return {"anchor": self.network.state_dict(), "anchor_memory": self._memory}

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned; without a memory, the next rollout has to begin with new episodes."""
        self.network.load_state_dict(saved["anchor"])
        self._memory = saved.get("anchor_memory")
