"""The policy network for acting, in NumPy.

At the paper's sizes one step for one row is memory-bound (3 million weights once through the cache); NumPy does it in
about half of torch's time and the node needs no torch at all. `network.PolicyNetwork` is the reference; a test holds
the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.weights import PolicyWeights

_EPSILON = 1e-6  # as in normalizer.py


@dataclass
class Memory:
    """Hidden and cell, (B, lstm) float32 each; unused by a feed-forward network."""

    hidden: np.ndarray
    cell: np.ndarray


class PolicyInference:
    """Steps a policy for B rows.

    Args:
        weights: checked weights.
        row_by_row: evaluate one row at a time, so that a row of a batch equals the row alone bit for bit. Slower than
            batched products, whose sums depend on B in the last bits (within 1e-5 of each other).
    """

    def __init__(self, weights: PolicyWeights, row_by_row: bool = False) -> None:
        tensors, network = weights.tensors, weights.metadata.network
        self._units, self._recurrent, self._row_by_row = network.lstm, network.memory == "lstm", row_by_row
        self._mean = tensors["trunk.normalizer.mean"].astype(np.float64)
        self._scale = np.sqrt(tensors["trunk.normalizer.variance"].astype(np.float64) + _EPSILON)
        self._clip = weights.metadata.clip
        self._dense = _transposed(tensors["trunk.dense.weight"]), tensors["trunk.dense.bias"]
        gates = [tensors["trunk.input_gates.weight"]]
        if self._recurrent:
            gates.append(tensors["trunk.recurrent_gates.weight"])
        self._gates = _transposed(np.concatenate(gates, axis=1)), tensors["trunk.input_gates.bias"]
        self._head = _transposed(tensors["head.weight"]), tensors["head.bias"]

    def initial_memory(self, batch: int) -> Memory:
        """Zero memory of B rows."""
        return Memory(np.zeros((batch, self._units), np.float32), np.zeros((batch, self._units), np.float32))

    def step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        """Logits (B, 20, 11) float32 for raw observations (B, n), and the memory after them."""
        if self._row_by_row and len(observation) > 1:
            rows = [slice(b, b + 1) for b in range(len(observation))]
            steps = [self._step(observation[r], Memory(memory.hidden[r], memory.cell[r])) for r in rows]
            logits = np.concatenate([logits for logits, _ in steps])
            after = [np.concatenate([getattr(m, part) for _, m in steps]) for part in ("hidden", "cell")]
            return logits, Memory(*after)
        return self._step(observation, memory)

    def _step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        normal = np.clip((observation - self._mean) / self._scale, -self._clip, self._clip).astype(np.float32)
        dense = np.maximum(_affine(normal, self._dense), 0.0)
        if not self._recurrent:
            features = np.maximum(_affine(dense, self._gates), 0.0)
        else:
            memory = self._cell(_affine(np.concatenate([dense, memory.hidden], axis=1), self._gates), memory.cell)
            features = memory.hidden
        return _affine(features, self._head).reshape(-1, N_ACTUATORS, N_BINS), memory

    def _cell(self, gates: np.ndarray, cell: np.ndarray) -> Memory:
        """LSTM cell; gates (B, 4 lstm) in torch's order: input, forget, cell, output."""
        n = self._units
        candidate = np.tanh(gates[:, 2 * n : 3 * n])
        cell = _sigmoid(gates[:, n : 2 * n]) * cell + _sigmoid(gates[:, :n]) * candidate
        return Memory(_sigmoid(gates[:, 3 * n :]) * np.tanh(cell), cell)


def _transposed(weight: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(weight.T, dtype=np.float32)


def _affine(values: np.ndarray, layer: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return values @ layer[0] + layer[1]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.float32(0.5) * (np.float32(1.0) + np.tanh(np.float32(0.5) * x))  # never overflows
