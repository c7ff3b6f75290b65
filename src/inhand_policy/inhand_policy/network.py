"""The policy network (paper, Table 10 and Figure 12): normalisation, dense + ReLU, LSTM, head.

It takes raw observations and normalises inside, so that nobody can forget to. `step` runs one time step, for acting;
`sequence` runs many, for training, with the memory zeroed where an episode starts. The two agree.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.architectures import NetworkSizes, architecture
from inhand_policy.normalizer import RunningNormalizer

Memory = tuple[Tensor, ...]
"""Parts of the memory, in the order of `Architecture.parts`."""


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

    def _cell(self, input_gates: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        enter, forget, candidate, leave = (input_gates + self.recurrent_gates(hidden)).chunk(4, dim=-1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
        return torch.sigmoid(leave) * torch.tanh(cell), cell


class PolicyNetwork(nn.Module):
    """Logits (…, 20, 11) of the action bins: the trunk that the sizes name, and one linear head."""

    def __init__(self, inputs: int, sizes: NetworkSizes | None = None) -> None:
        super().__init__()
        sizes = sizes or NetworkSizes()
        self.trunk: Any = architecture(sizes.memory).trunk(inputs, sizes)  # see `Architecture.trunk`
        self.head = nn.Linear(sizes.lstm, N_ACTUATORS * N_BINS)
        nn.init.orthogonal_(self.head.weight, 0.01)
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

    def step(self, observation: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Logits for raw observations (B, n) and the memory after them."""
        features, memory = self.trunk.step(observation, memory)
        return self._shape(self.head(features)), memory

    def sequence(self, observation: Tensor, memory: Memory, starts: Tensor) -> tuple[Tensor, Memory]:
        """Logits (T, B, 20, 11) for raw observations (T, B, n) and the memory after them.

        `starts` (T, B) bool: an episode begins at that step, so the memory is zeroed before it.
        """
        features, memory = self.trunk.sequence(observation, memory, starts)
        return self._shape(self.head(features)), memory

    def _shape(self, output: Tensor) -> Tensor:
        return output.unflatten(-1, (N_ACTUATORS, N_BINS))
