"""The paper's network: dense + ReLU, then an LSTM (Table 10 and Figure 12)."""

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
class Lstm(Architecture):
    """Gates in torch's order: input, forget, cell, output."""

    name = "lstm"
    parts = ("hidden", "cell")

    def shapes(self, info: NetworkInfo) -> dict[str, tuple[int, ...]]:
        """Dense layer, the gates' weights for it, and for the hidden state."""
        return {
            "dense.weight": (info.dense, info.inputs),
            "dense.bias": (info.dense,),
            "input_gates.weight": (4 * info.lstm, info.dense),
            "input_gates.bias": (4 * info.lstm,),
            "recurrent_gates.weight": (4 * info.lstm, info.lstm),
        }

    def trunk(self, inputs: int, sizes: NetworkSizes) -> nn.Module:
        """`RecurrentTrunk`."""
        from inhand_policy.network import RecurrentTrunk

        return RecurrentTrunk(inputs, sizes)

    def stepper(self, info: NetworkInfo, tensors: Tensors) -> Stepper:
        """Both products of the gates as one."""
        n = info.lstm
        dense = transposed(tensors["dense.weight"]), tensors["dense.bias"]
        both = np.concatenate([tensors["input_gates.weight"], tensors["recurrent_gates.weight"]], axis=1)
        layer = transposed(both), tensors["input_gates.bias"]

        def step(normal: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
            seen = np.maximum(affine(normal, dense), 0.0)
            gates = affine(np.concatenate([seen, memory["hidden"]], axis=1), layer)
            candidate = np.tanh(gates[:, 2 * n : 3 * n])
            cell = sigmoid(gates[:, n : 2 * n]) * memory["cell"] + sigmoid(gates[:, :n]) * candidate
            hidden = sigmoid(gates[:, 3 * n :]) * np.tanh(cell)
            return hidden, {"hidden": hidden, "cell": cell}

        return step
