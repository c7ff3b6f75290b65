"""The policy network for acting, in NumPy, or in ONNX Runtime for a policy that came as an ONNX file.

At the paper's sizes one step for one row is memory-bound (3 million weights once through the cache); NumPy does it in
about half of torch's time and the node needs no torch at all. `network.PolicyNetwork` is the reference; a test holds
the two together.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.architectures import Memory, affine, architecture, transposed
from inhand_policy.weights import PolicyWeights

_EPSILON = 1e-6  # as in normalizer.py


class Inference(Protocol):
    """Steps a policy for B rows; what its memory holds is its own business."""

    def initial_memory(self, batch: int) -> Memory:
        """Memory of B rows that have seen nothing."""
        ...

    def step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        """Logits (B, 20, 11) float32 for raw observations (B, n), and the memory after them."""
        ...


class PolicyInference:
    """Steps the policy of a weights file, in NumPy.

    Args:
        weights: checked weights.
    """

    def __init__(self, weights: PolicyWeights) -> None:
        tensors, self._info = weights.tensors, weights.metadata.network
        self._mean = tensors["trunk.normalizer.mean"].astype(np.float64)
        self._scale = np.sqrt(tensors["trunk.normalizer.variance"].astype(np.float64) + _EPSILON)
        self._clip = weights.metadata.clip
        self._architecture = architecture(self._info.memory)
        trunk = {name.removeprefix("trunk."): tensor for name, tensor in tensors.items() if name.startswith("trunk.")}
        self._features = self._architecture.stepper(self._info, trunk)
        self._head = transposed(tensors["head.weight"]), tensors["head.bias"]

    def initial_memory(self, batch: int) -> Memory:
        """Memory of B rows that have seen nothing."""
        return self._architecture.initial_memory(self._info, batch)

    def step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        """Logits (B, 20, 11) float32 for raw observations (B, n), and the memory after them."""
        normal = np.clip((observation - self._mean) / self._scale, -self._clip, self._clip).astype(np.float32)
        features, memory = self._features(normal, memory)
        return affine(features, self._head).reshape(-1, N_ACTUATORS, N_BINS), memory


class RowByRow:
    """Evaluates one row at a time, so that a row of a batch equals the row alone bit for bit.

    Slower than batched products, whose sums depend on B in the last bits (within 1e-5 of each other).
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def initial_memory(self, batch: int) -> Memory:
        """Memory of B rows that have seen nothing."""
        return self._inference.initial_memory(batch)

    def step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        """Logits (B, 20, 11) float32 for raw observations (B, n), and the memory after them."""
        rows = [slice(b, b + 1) for b in range(len(observation))]
        steps = [
            self._inference.step(observation[row], {name: part[row] for name, part in memory.items()}) for row in rows
        ]
        after = {name: np.concatenate([rest[name] for _, rest in steps]) for name in memory}
        return np.concatenate([logits for logits, _ in steps]), after


def load_inference(weights: PolicyWeights, row_by_row: bool = False) -> Inference:
    """What steps these weights: NumPy, or ONNX Runtime where they came as an ONNX file."""
    inference: Inference
    if weights.model is None:
        inference = PolicyInference(weights)
    else:
        from inhand_policy.onnx_model import OnnxInference

        inference = OnnxInference(weights)
    return RowByRow(inference) if row_by_row else inference
