"""Policy and value networks (paper, Table 10 and Figure 12): normalisation, dense + ReLU, LSTM, heads.

Both take raw observations and normalise inside, so that nobody can forget to. `step` runs one time step, for acting;
`sequence` runs many, for training, with the memory zeroed where an episode starts. The two agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.normalizer import RunningNormalizer

Memory = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class NetworkSizes:
    """Sizes of a network; the defaults are the paper's.

    Attributes:
        dense: units of the dense layer.
        lstm: units of the LSTM, or of the second dense layer of a feed-forward network.
        memory: "lstm", or "feedforward" for the ablation of Table 5.
    """

    dense: int = 1024
    lstm: int = 512
    memory: Literal["lstm", "feedforward"] = "lstm"

    def __post_init__(self) -> None:
        if self.dense < 1 or self.lstm < 1:
            raise ValueError(f"dense and lstm must be >= 1, are {self.dense} and {self.lstm}")
        if self.memory not in ("lstm", "feedforward"):
            raise ValueError(f"memory {self.memory!r} is not one of ['lstm', 'feedforward']")


class RecurrentTrunk(nn.Module):
    """Normalisation -> dense + ReLU -> LSTM (or dense + ReLU where there is no memory).

    The LSTM's gates are in torch's order (input, forget, cell, output), as one pair of matrices.
    """

    def __init__(self, inputs: int, sizes: NetworkSizes) -> None:
        super().__init__()
        self.inputs, self.sizes = inputs, sizes
        self.normalizer = RunningNormalizer(inputs)
        self.dense = nn.Linear(inputs, sizes.dense)
        gates = 4 if sizes.memory == "lstm" else 1
        self.input_gates = nn.Linear(sizes.dense, gates * sizes.lstm)
        if sizes.memory == "lstm":
            self.recurrent_gates = nn.Linear(sizes.lstm, gates * sizes.lstm, bias=False)
            bound = 1.0 / math.sqrt(sizes.lstm)  # torch.nn.LSTM's own initialisation
            for parameter in (*self.input_gates.parameters(), *self.recurrent_gates.parameters()):
                nn.init.uniform_(parameter, -bound, bound)

    def initial_memory(self, batch: int) -> Memory:
        """Zero memory: hidden and cell, (B, lstm) each."""
        zeros = torch.zeros(batch, self.sizes.lstm, dtype=torch.float32, device=self.dense.weight.device)
        return zeros, zeros.clone()

    def sequence(self, observation: Tensor, memory: Memory, starts: Tensor) -> tuple[Tensor, Memory]:
        """Features (T, B, lstm) of raw observations (T, B, n), and the memory after them.

        `starts` (T, B) bool: the memory is zeroed before that step. Rows in which that happens in mid-sequence are
        stepped one by one; torch's LSTM, twice as fast, does the others.
        """
        dense = functional.relu(self.dense(self.normalizer(observation)))
        if self.sizes.memory == "feedforward":
            return functional.relu(self.input_gates(dense)), memory
        hidden, cell = (part * ~starts[0][:, None] for part in memory)
        broken = starts[1:].any(0)
        if not broken.any():
            return self._whole(dense, (hidden, cell))
        order = torch.argsort(broken, stable=True)
        count = int((~broken).sum())
        whole, cut = order[:count], order[count:]
        parts = [self._stepwise(dense[:, cut], (hidden[cut], cell[cut]), starts[:, cut])]
        if count:
            parts.insert(0, self._whole(dense[:, whole], (hidden[whole], cell[whole])))
        back = torch.argsort(order)
        features = torch.cat([features for features, _ in parts], dim=1)[:, back]
        after = [torch.cat([memory[i] for _, memory in parts])[back] for i in range(2)]
        return features, (after[0], after[1])

    def _whole(self, dense: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Features of sequences without a start after their first step, by torch's fused LSTM."""
        weights = [self.input_gates.weight, self.recurrent_gates.weight, self.input_gates.bias]
        weights.append(torch.zeros_like(self.input_gates.bias))  # torch has a second bias
        state = tuple(part[None].contiguous() for part in memory)
        features, hidden, cell = torch.lstm(dense, state, weights, True, 1, 0.0, self.training, False, False)
        return features, (hidden[0], cell[0])

    def _stepwise(self, dense: Tensor, memory: Memory, starts: Tensor) -> tuple[Tensor, Memory]:
        """Features of sequences whose memory is zeroed on the way."""
        gates, keep = self.input_gates(dense), ~starts[..., None]
        hidden, cell = memory
        features = []
        for t in range(len(gates)):
            hidden, cell = self._cell(gates[t], hidden * keep[t], cell * keep[t])
            features.append(hidden)
        return torch.stack(features), (hidden, cell)

    def step(self, observation: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Features (B, lstm) of raw observations (B, n), and the memory after them."""
        gates = self.input_gates(functional.relu(self.dense(self.normalizer(observation))))
        if self.sizes.memory == "feedforward":
            return functional.relu(gates), memory
        hidden, cell = self._cell(gates, *memory)
        return hidden, (hidden, cell)

    def _cell(self, input_gates: Tensor, hidden: Tensor, cell: Tensor) -> Memory:
        enter, forget, candidate, leave = (input_gates + self.recurrent_gates(hidden)).chunk(4, dim=-1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
        return torch.sigmoid(leave) * torch.tanh(cell), cell


class _RecurrentNetwork(nn.Module):
    """A trunk and one linear head; subclasses shape the head's output."""

    def __init__(self, inputs: int, outputs: int, sizes: NetworkSizes, head_gain: float) -> None:
        super().__init__()
        self.trunk = RecurrentTrunk(inputs, sizes)
        self.head = nn.Linear(sizes.lstm, outputs)
        nn.init.orthogonal_(self.head.weight, head_gain)
        nn.init.zeros_(self.head.bias)

    @property
    def normalizer(self) -> RunningNormalizer:
        """Statistics of the observations."""
        return self.trunk.normalizer

    @property
    def sizes(self) -> NetworkSizes:
        """Sizes of the network."""
        return self.trunk.sizes

    def initial_memory(self, batch: int) -> Memory:
        """Zero memory of B rows."""
        return self.trunk.initial_memory(batch)

    def _shape(self, output: Tensor) -> Tensor:
        raise NotImplementedError

    def step(self, observation: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Output for raw observations (B, n) and the memory after them."""
        features, memory = self.trunk.step(observation, memory)
        return self._shape(self.head(features)), memory

    def sequence(self, observation: Tensor, memory: Memory, starts: Tensor) -> tuple[Tensor, Memory]:
        """Outputs (T, B, …) for raw observations (T, B, n) and the memory after them.

        `starts` (T, B) bool: an episode begins at that step, so the memory is zeroed before it.
        """
        features, memory = self.trunk.sequence(observation, memory, starts)
        return self._shape(self.head(features)), memory


class PolicyNetwork(_RecurrentNetwork):
    """Logits (…, 20, 11) of the action bins."""

    def __init__(self, inputs: int, sizes: NetworkSizes | None = None) -> None:
        super().__init__(inputs, N_ACTUATORS * N_BINS, sizes or NetworkSizes(), head_gain=0.01)

    def _shape(self, output: Tensor) -> Tensor:
        return output.unflatten(-1, (N_ACTUATORS, N_BINS))


class ValueNetwork(_RecurrentNetwork):
    """Normalised value (…,); sees the full state without noise (asymmetric actor and critic), shares no weights."""

    def __init__(self, inputs: int, sizes: NetworkSizes | None = None) -> None:
        super().__init__(inputs, 1, sizes or NetworkSizes(), head_gain=1.0)

    def _shape(self, output: Tensor) -> Tensor:
        return output[..., 0]


def log_probability(logits: Tensor, bins: Tensor) -> Tensor:
    """Log probability (…,) of the joint action bins (…, 20) under logits (…, 20, 11)."""
    log_p = functional.log_softmax(logits, dim=-1)
    return log_p.gather(-1, bins.long()[..., None])[..., 0].sum(-1)


def entropy(logits: Tensor) -> Tensor:
    """Entropy (…,) [nat] of the joint distribution of logits (…, 20, 11): the sum over actuators."""
    log_p = functional.log_softmax(logits, dim=-1)
    return -(log_p.exp() * log_p).sum((-1, -2))


def divergence(logits: Tensor, reference: Tensor) -> Tensor:
    """Kullback-Leibler divergence (…,) of logits (…, 20, 11) from `reference`: sum of p_ref log(p_ref / p)."""
    log_p, log_ref = functional.log_softmax(logits, dim=-1), functional.log_softmax(reference, dim=-1)
    return (log_ref.exp() * (log_ref - log_p)).sum((-1, -2))
