"""Commands `inhand policy …`: weights files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from inhand_core.config import to_mapping
from inhand_policy.observation import PAPER_OBSERVATION
from inhand_policy.weights import load_weights, save_weights


def init(
    out: Path,
    seed: int = 0,
    observation: tuple[str, ...] = PAPER_OBSERVATION,
    dense: int = 1024,
    lstm: int = 512,
    memory: str = "lstm",
) -> None:
    """Writes seeded random weights, marked as untrained.

    Args:
        out: file to write, .safetensors.
        seed: seed of the random numbers.
        observation: observation blocks in order.
        dense: units of the dense layer.
        lstm: units of the recurrent layer, or of the second dense layer where there is none.
        memory: what remembers: lstm, gru, or feedforward for nothing; or module:Class of your own.
    """
    from inhand_policy.architectures import NetworkSizes
    from inhand_policy.export import initial_weights  # torch takes a second to import; `show` does without

    weights = initial_weights(seed, observation, NetworkSizes(dense, lstm, memory))
    save_weights(out, weights)
    print(f"{out}: RANDOM, UNTRAINED weights, seed {seed}, {parameter_count(weights.tensors):,} parameters")


def show(file: tyro.conf.Positional[Path]) -> None:
    """Checks a weights file and prints its metadata.

    Args:
        file: a .safetensors file.
    """
    weights = load_weights(file)
    print(json.dumps(to_mapping(weights.metadata), indent=2))
    state = "RANDOM, UNTRAINED" if weights.random else "trained"
    print(f"{file}: {state}, {parameter_count(weights.tensors):,} parameters, {file.stat().st_size / 1e6:.1f} MB")


def export(file: tyro.conf.Positional[Path], out: Path, format: Literal["onnx"] = "onnx") -> None:
    """Writes a policy for other runtimes, checked against the step that the node runs.

    The file keeps the metadata, and the policy node runs it too (`weights:=policy.onnx`).

    Args:
        file: a .safetensors file.
        out: file to write.
        format: of the file.
    """
    from inhand_policy.onnx_model import TOLERANCE, export_onnx

    difference = export_onnx(load_weights(file), out)
    print(f"{out}: logits within {difference:.1e} of {file} (allowed {TOLERANCE:g}), {out.stat().st_size / 1e6:.1f} MB")


def parameter_count(tensors: dict[str, np.ndarray]) -> int:
    """Number of trainable numbers; the normaliser's statistics do not count."""
    return sum(tensor.size for name, tensor in tensors.items() if "normalizer" not in name)
