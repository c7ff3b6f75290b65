"""`inhand policy`: weights files."""

from __future__ import annotations

import json
from pathlib import Path

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
        lstm: units of the LSTM.
        memory: lstm or feedforward.
    """
    from inhand_policy.export import initial_weights  # torch takes a second to import; `show` does without
    from inhand_policy.network import NetworkSizes

    weights = initial_weights(seed, observation, NetworkSizes(dense, lstm, memory))
    save_weights(out, weights)
    print(f"{out}: RANDOM, UNTRAINED weights, seed {seed}, {parameter_count(weights.tensors):,} parameters")


def show(file: tyro.conf.Positional[Path]) -> None:
    """Prints the metadata of a weights file, after checking the file.

    Args:
        file: a .safetensors file.
    """
    weights = load_weights(file)
    print(json.dumps(to_mapping(weights.metadata), indent=2))
    state = "RANDOM, UNTRAINED" if weights.random else "trained"
    print(f"{file}: {state}, {parameter_count(weights.tensors):,} parameters, {file.stat().st_size / 1e6:.1f} MB")


def parameter_count(tensors: dict) -> int:
    """Number of trainable numbers; the normaliser's statistics do not count."""
    return sum(tensor.size for name, tensor in tensors.items() if "normalizer" not in name)


def command(arguments: list[str] | None = None) -> None:
    """Entry point of `inhand policy`."""
    commands = {"init": init, "show": show}
    tyro.extras.subcommand_cli_from_dict(commands, prog="inhand policy", description=__doc__, args=arguments)


__all__ = ["command", "init", "show"]
