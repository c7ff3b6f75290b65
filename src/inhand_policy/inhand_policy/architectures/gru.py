"""Dense + ReLU, then a gated recurrent unit: three quarters of an LSTM's weights, and one part of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inhand_policy.architectures import (
    Architecture,
    Memory,
    NetworkInfo,
    NetworkSizes,
    Stepper,
    Tensors,
    affine,
    register,
    sigmoid,
    transposed,
)

if TYPE_CHECKING:
    from torch import nn


@register
class Gru(Architecture):
    """Gates in torch's order: reset, update, new."""

    name = "gru"
    parts = ("hidden",)

    def shapes(self, info: NetworkInfo) -> dict[str, tuple[int, ...]]:
        """Dense layer and torch's GRU cell."""
        return {
            "dense.weight": (info.dense, info.inputs),
            "dense.bias": (info.dense,),
            "cell.weight_ih": (3 * info.lstm, info.dense),
            "cell.weight_hh": (3 * info.lstm, info.lstm),
            "cell.bias_ih": (3 * info.lstm,),
            "cell.bias_hh": (3 * info.lstm,),
        }

    def trunk(self, inputs: int, sizes: NetworkSizes) -> nn.Module:
        """Made when it is asked for, so that acting needs no torch."""
        return _trunk(inputs, sizes)

    def stepper(self, info: NetworkInfo, tensors: Tensors) -> Stepper:
        """Two products; the recurrent one stands apart, since the reset gate multiplies a part of it."""
        n = info.lstm
        dense = transposed(tensors["dense.weight"]), tensors["dense.bias"]
        enter = transposed(tensors["cell.weight_ih"]), tensors["cell.bias_ih"]
        again = transposed(tensors["cell.weight_hh"]), tensors["cell.bias_hh"]

        def step(normal: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
            x = affine(np.maximum(affine(normal, dense), 0.0), enter)
            h = affine(memory["hidden"], again)
            reset, update = sigmoid(x[:, :n] + h[:, :n]), sigmoid(x[:, n : 2 * n] + h[:, n : 2 * n])
            new = np.tanh(x[:, 2 * n :] + reset * h[:, 2 * n :])
            hidden = new + update * (memory["hidden"] - new)
            return hidden, {"hidden": hidden}

        return step


def _trunk(inputs: int, sizes: NetworkSizes) -> nn.Module:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional

    from inhand_policy.normalizer import RunningNormalizer

    class GruTrunk(nn.Module):
        """As `inhand_policy.network.RecurrentTrunk`."""

        def __init__(self) -> None:
            super().__init__()
            self.inputs, self.sizes = inputs, sizes
            self.normalizer = RunningNormalizer(inputs)
            self.dense = nn.Linear(inputs, sizes.dense)
            self.cell = nn.GRUCell(sizes.dense, sizes.lstm)

        def initial_memory(self, batch: int) -> tuple[Tensor, ...]:
            return (torch.zeros(batch, sizes.lstm, device=self.dense.weight.device),)

        def step(self, observation: Tensor, memory: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
            hidden = self.cell(functional.relu(self.dense(self.normalizer(observation))), memory[0])
            return hidden, (hidden,)

        def sequence(
            self, observation: Tensor, memory: tuple[Tensor, ...], starts: Tensor
        ) -> tuple[Tensor, tuple[Tensor, ...]]:
            features, keep = [], ~starts[..., None]
            for seen, kept in zip(observation, keep):
                hidden, memory = self.step(seen, (memory[0] * kept,))
                features.append(hidden)
            return torch.stack(features), memory

    return GruTrunk()
