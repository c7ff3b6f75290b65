"""Networks of the trainers: the deployed recurrent trunk of inhand_policy, or a feed-forward one for teachers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn

from inhand_core.config import ConfigError
from inhand_core.ranges import AT_LEAST_ONE, NOT_NEGATIVE, POSITIVE
from inhand_policy.architectures import NetworkSizes, architecture
from inhand_policy.normalizer import RunningNormalizer
from inhand_training.ranks import Ranks

Memory = tuple[Tensor, ...] | None
ACTIVATIONS = {"elu": nn.ELU, "relu": nn.ReLU}
STATISTICS_MEMORY = 2e7
"""Samples after which old observations begin to fade from the running statistics."""


@dataclass(frozen=True)
class NetworkConfig:
    """One network.

    Attributes:
        observes: the observation group it reads.
        dense: widths of the dense layers; exactly one before an LSTM.
        lstm: width of the recurrent layer after them, 0 for none.
        memory: what that layer is: lstm, gru, or another of `inhand_policy.architectures`.
        activation: of the dense layers; ReLU before an LSTM.
        head: "bins" (11 a coordinate), "gaussian", or "value".
        initial_std: of the Gaussian head.
    """

    observes: str
    dense: Annotated[tuple[int, ...], AT_LEAST_ONE]
    lstm: Annotated[int, NOT_NEGATIVE]
    activation: Literal["elu", "relu"]
    head: Literal["bins", "gaussian", "value"]
    initial_std: Annotated[float, POSITIVE] = 0.67
    memory: str = "lstm"

    def __post_init__(self) -> None:
        if not self.dense:
            raise ConfigError("dense: a network has at least one dense layer, given none")
        if self.lstm and (len(self.dense) != 1 or self.activation != "relu"):
            raise ConfigError(f"an LSTM takes one dense layer with ReLU, given {self.dense} with {self.activation!r}")
        if self.lstm and not architecture(self.memory).parts:
            raise ConfigError(f"memory: {self.memory!r} has none; give lstm: 0 and dense layers")


class DenseTrunk(nn.Module):
    """Normalisation and dense layers; no memory.

    Args:
        inputs: length of the observation.
        widths: of the layers.
        activation: after each.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.normalizer = RunningNormalizer(inputs)
        layers: list[nn.Module] = []
        for size in widths:
            layer = nn.Linear(inputs, size)
            nn.init.orthogonal_(layer.weight, math.sqrt(2.0))
            nn.init.zeros_(layer.bias)
            layers += [layer, ACTIVATIONS[activation]()]
            inputs = size
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) raw to (…, last width)."""
        return self.layers(self.normalizer(x))


class Network(nn.Module):
    """Normalisation, dense layers, optional LSTM, linear head; paper Figure 12.

    With an LSTM, trunk and head have the names and shapes of `inhand_policy.network.PolicyNetwork`.

    Args:
        config: shape.
        inputs: length of the observation.
        outputs: length of the output.
        gain: of the head's initial weights.
    """

    def __init__(self, config: NetworkConfig, inputs: int, outputs: int, gain: float) -> None:
        super().__init__()
        self.config = config
        if config.lstm:
            sizes = NetworkSizes(config.dense[0], config.lstm, config.memory)
            self.trunk: Any = architecture(config.memory).trunk(inputs, sizes)  # each has its own way
        else:
            self.trunk = DenseTrunk(inputs, config.dense, config.activation)
        self.head = nn.Linear(config.lstm or config.dense[-1], outputs)
        nn.init.orthogonal_(self.head.weight, gain)
        nn.init.zeros_(self.head.bias)

    @property
    def normalizer(self) -> RunningNormalizer:
        """Statistics of the observations."""
        return self.trunk.normalizer

    @property
    def recurrent(self) -> bool:
        """Whether there is memory."""
        return self.config.lstm > 0

    def memory(self, batch: int) -> Memory:
        """Empty memory of B rows, (B, lstm) twice; None without an LSTM."""
        return self.trunk.initial_memory(batch) if self.recurrent else None

    def forward(self, x: Tensor, memory: Memory, start: Tensor) -> tuple[Tensor, Memory]:
        """Runs a sequence.

        Args:
            x: (T, B, inputs) raw observations.
            memory: at the sequence's begin, from `memory` or the last call.
            start: (T, B) bool, rows whose memory is emptied before that step.

        Returns:
            (T, B, outputs), and the memory after the last step.
        """
        if self.recurrent:
            features, memory = self.trunk.sequence(x, memory, start)
            return self.head(features), memory
        return self.head(self.trunk(x)), None


def update_statistics(normalizer: RunningNormalizer, samples: Tensor, ranks: Ranks) -> None:
    """Takes samples (…, n) of every rank into the statistics, the same on each rank."""
    samples = samples.reshape(-1, samples.shape[-1]).double()
    moments = ranks.mean(torch.cat([samples.mean(0), (samples * samples).mean(0)]))
    mean, square = moments.split(samples.shape[-1])
    variance = (square - mean * mean).clamp_min(0.0)
    normalizer.merge(mean, variance, float(len(samples) * ranks.size), STATISTICS_MEMORY)
