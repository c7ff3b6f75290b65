"""A policy network of one's own: Elman's recurrent network. docs/add-an-architecture.md says how it is used."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from inhand_policy.architectures import (
    Architecture,
    Memory,
    NetworkInfo,
    NetworkSizes,
    Stepper,
    Tensors,
    affine,
    transposed,
)
from inhand_policy.normalizer import RunningNormalizer


class Elman(Architecture):
    """h' = tanh(W x + U h + b) on a dense layer."""

    name = "elman"
    parts = ("hidden",)

    def shapes(self, info: NetworkInfo) -> dict[str, tuple[int, ...]]:
        """Of the tensors below, by their names in the torch module."""
        n = info.lstm
        return {
            "dense.weight": (info.dense, info.inputs),
            "dense.bias": (info.dense,),
            "enter.weight": (n, info.dense),
            "enter.bias": (n,),
            "again.weight": (n, n),
        }

    def trunk(self, inputs: int, sizes: NetworkSizes) -> nn.Module:
        """What is trained."""
        return ElmanTrunk(inputs, sizes)

    def stepper(self, info: NetworkInfo, tensors: Tensors) -> Stepper:
        """The same step in NumPy, which acts."""
        dense, enter = ((transposed(tensors[f"{n}.weight"]), tensors[f"{n}.bias"]) for n in ("dense", "enter"))
        again = transposed(tensors["again.weight"])

        def step(normal: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
            seen = np.maximum(affine(normal, dense), 0.0)
            hidden = np.tanh(affine(seen, enter) + memory["hidden"] @ again)
            return hidden, {"hidden": hidden}

        return step


class ElmanTrunk(nn.Module):
    """The torch module: one step, and a sequence (T, B, n) whose memory restarts where `starts` (T, B) says so."""

    def __init__(self, inputs: int, sizes: NetworkSizes) -> None:
        super().__init__()
        self.inputs, self.sizes = inputs, sizes
        self.normalizer = RunningNormalizer(inputs)
        self.dense = nn.Linear(inputs, sizes.dense)
        self.enter = nn.Linear(sizes.dense, sizes.lstm)
        self.again = nn.Linear(sizes.lstm, sizes.lstm, bias=False)

    def initial_memory(self, batch: int) -> tuple[Tensor, ...]:
        """Nothing seen yet."""
        return (torch.zeros(batch, self.sizes.lstm, device=self.dense.weight.device),)

    def step(self, observation: Tensor, memory: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Features (B, lstm), and the memory after them."""
        seen = torch.relu(self.dense(self.normalizer(observation)))
        hidden = torch.tanh(self.enter(seen) + self.again(memory[0]))
        return hidden, (hidden,)

    def sequence(self, observation: Tensor, memory: tuple[Tensor, ...], starts: Tensor) -> Any:
        """Features (T, B, lstm), and the memory after them."""
        features = []
        for seen, kept in zip(observation, ~starts[..., None]):
            hidden, memory = self.step(seen, (memory[0] * kept,))
            features.append(hidden)
        return torch.stack(features), memory
