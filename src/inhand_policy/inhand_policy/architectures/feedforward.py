"""Two dense layers with ReLU and no memory: the ablation of the paper's Table 5."""

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
    transposed,
)

if TYPE_CHECKING:
    from torch import nn


@register
class Feedforward(Architecture):
    """The second layer stands where the LSTM's gates are."""

    name = "feedforward"

    def shapes(self, info: NetworkInfo) -> dict[str, tuple[int, ...]]:
        """Two dense layers."""
        return {
            "dense.weight": (info.dense, info.inputs),
            "dense.bias": (info.dense,),
            "input_gates.weight": (info.lstm, info.dense),
            "input_gates.bias": (info.lstm,),
        }

    def trunk(self, inputs: int, sizes: NetworkSizes) -> nn.Module:
        """`RecurrentTrunk` without its memory."""
        from inhand_policy.network import RecurrentTrunk

        return RecurrentTrunk(inputs, sizes)

    def stepper(self, info: NetworkInfo, tensors: Tensors) -> Stepper:
        """Two products."""
        first, second = (
            (transposed(tensors[f"{name}.weight"]), tensors[f"{name}.bias"]) for name in ("dense", "input_gates")
        )

        def step(normal: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
            seen = np.maximum(affine(normal, first), 0.0)
            return np.maximum(affine(seen, second), 0.0), memory

        return step
