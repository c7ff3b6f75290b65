"""Policies as ONNX files: written from a weights file and checked against the NumPy step, read and run by the node.

The model maps `observation` (B, n) float32, raw, to `logits` (B, 20, 11). Each part of the memory is an input (B, m)
float32 of its own, zero at an episode's start, and an output called `next_<name>`. The metadata of the weights file
stands as JSON under the key `inhand_policy`.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import to_mapping
from inhand_core.files import write_whole
from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.architectures import Memory, architecture
from inhand_policy.inference import PolicyInference
from inhand_policy.weights import KEY, PolicyWeights, WeightsError

OBSERVATION, LOGITS, NEXT = "observation", "logits", "next_"
TOLERANCE = 1e-5
"""Largest difference of logits between an exported model and the NumPy step."""
OPSET = 18
_STEPS, _ROWS = 50, 4


class OnnxInference:
    """Steps the policy of an ONNX file, by ONNX Runtime on one thread.

    Args:
        weights: with `model`, the file's bytes.

    Raises:
        WeightsError: the model's inputs and outputs are not those that this module describes.
    """

    def __init__(self, weights: PolicyWeights) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # small products: threads wait for one another
        try:
            self._session: Any = onnxruntime.InferenceSession(
                weights.model or b"", options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's exceptions have no common base
            raise WeightsError(f"{weights.source}: no ONNX model that runs here: {error}") from error
        self._units = _check(self._session, weights)

    def initial_memory(self, batch: int) -> Memory:
        """Memory of B rows that have seen nothing."""
        return {name: np.zeros((batch, size), np.float32) for name, size in self._units.items()}

    def step(self, observation: np.ndarray, memory: Memory) -> tuple[np.ndarray, Memory]:
        """Logits (B, 20, 11) float32 for raw observations (B, n), and the memory after them."""
        names = [LOGITS, *(NEXT + name for name in self._units)]
        logits, *parts = self._session.run(names, {OBSERVATION: observation.astype(np.float32), **memory})
        return logits, dict(zip(self._units, parts))


def _check(session: Any, weights: PolicyWeights) -> dict[str, int]:
    """Length of each part of the memory."""
    inputs = {entry.name: entry for entry in session.get_inputs()}
    outputs = {entry.name: entry for entry in session.get_outputs()}
    parts = [name for name in inputs if name != OBSERVATION]
    wanted = {OBSERVATION, *parts}, {LOGITS, *(NEXT + name for name in parts)}
    for side, found, expected in (("inputs", set(inputs), wanted[0]), ("outputs", set(outputs), wanted[1])):
        if found != expected:
            raise WeightsError(f"{weights.source}: {side}: expected {sorted(expected)}, found {sorted(found)}")
    shapes = {OBSERVATION: (weights.metadata.network.inputs,), LOGITS: (N_ACTUATORS, N_BINS)}
    for name, expected in shapes.items():
        found = tuple({**inputs, **outputs}[name].shape[1:])
        if found != expected:
            raise WeightsError(f"{weights.source}: {name}: expected (B, {expected}), found (B, {found})")
    for name in parts:
        if len(inputs[name].shape) != 2 or not isinstance(inputs[name].shape[1], int):
            raise WeightsError(f"{weights.source}: memory {name!r}: expected (B, m), found {inputs[name].shape}")
    return {name: inputs[name].shape[1] for name in parts}


def load_onnx(path: Path) -> tuple[bytes, str | None]:
    """The bytes of an ONNX file, and its metadata as JSON, None where it has none.

    Raises:
        WeightsError: it is no ONNX file.
    """
    import onnxruntime

    content = path.read_bytes()
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(f"{path}: no ONNX model that runs here: {error}") from error
    return content, session.get_modelmeta().custom_metadata_map.get(KEY)


def export_onnx(weights: PolicyWeights, out: Path) -> float:
    """Writes the policy as an ONNX file and compares it with the NumPy step over 50 steps of 4 rows.

    Returns:
        The largest difference of logits found.

    Raises:
        WeightsError: they differ by more than 1e-5; nothing is written.
    """
    import onnx

    model = _converted(weights)
    onnx.helper.set_model_props(model, {KEY: json.dumps(to_mapping(weights.metadata), sort_keys=True)})
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    difference = compare(weights, content)
    if not difference <= TOLERANCE:
        raise WeightsError(f"{out}: the exported model differs from {weights.source} by {difference:.2g} in its logits")
    write_whole(out, content)
    return difference


def compare(weights: PolicyWeights, content: bytes) -> float:
    """Largest difference of logits between a model and the NumPy step, along episodes of random observations."""
    ours, theirs = PolicyInference(weights), OnnxInference(PolicyWeights(weights.metadata, {}, "the model", content))
    random = np.random.default_rng(0)
    mean = weights.tensors["trunk.normalizer.mean"]
    scale = np.sqrt(weights.tensors["trunk.normalizer.variance"])
    memories, largest = [ours.initial_memory(_ROWS), theirs.initial_memory(_ROWS)], 0.0
    for _ in range(_STEPS):
        seen = (mean + scale * random.normal(size=(_ROWS, len(mean)))).astype(np.float32).astype(np.float64)
        one, memories[0] = ours.step(seen, memories[0])
        other, memories[1] = theirs.step(seen, memories[1])
        largest = max(largest, float(np.abs(one - other).max()))
    return largest


def _converted(weights: PolicyWeights) -> Any:
    """The ONNX model of a policy, by torch's exporter."""
    import onnx
    import torch

    from inhand_policy.export import import_network

    network = import_network(weights).eval()
    parts = architecture(weights.metadata.network.memory).parts

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, observation: torch.Tensor, *memory: torch.Tensor) -> tuple[torch.Tensor, ...]:
            logits, after = self.network.step(observation, memory or network.initial_memory(1))
            return (logits, *after[: len(parts)])

    example = (torch.zeros(2, weights.metadata.network.inputs), *network.initial_memory(2)[: len(parts)])
    batch = torch.export.Dim("batch")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            Step().eval(),
            example,
            str(path),
            input_names=[OBSERVATION, *parts],
            output_names=[LOGITS, *(NEXT + part for part in parts)],
            dynamic_shapes=({0: batch}, tuple({0: batch} for _ in parts)) if parts else ({0: batch},),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
            dynamo=True,
        )
        return onnx.load(path)
