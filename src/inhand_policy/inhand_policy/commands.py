"""Commands `inhand policy …` and `inhand bench policy`: weights files, and how long a step of the policy takes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from inhand_core.config import load_config, read_yaml, to_mapping
from inhand_core.paths import config_file
from inhand_policy.observation import PAPER_OBSERVATION
from inhand_policy.weights import PolicyWeights, load_weights, save_weights


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


def bench(weights: Path | None = None, steps: int = 5000) -> None:
    """Times the policy's step for one hand on the CPU: observation, network, choice of the action.

    Args:
        weights: a weights file; default: random weights of the paper's sizes (1024 and 512 units).
        steps: how many steps to time.
    """
    from inhand_policy.export import initial_weights

    chosen = initial_weights(0) if weights is None else load_weights(weights)
    seconds = time_steps(chosen, steps)
    network = chosen.metadata.network
    p50, p99, worst = (1e3 * float(x) for x in (*np.percentile(seconds, [50, 99]), seconds.max()))
    sizes = f"{network.dense} dense and {network.lstm} {network.memory} units"
    print(f"policy step, {sizes}, one hand, one thread, {steps} steps:")
    print(f"p50 {p50:.3f} ms, p99 {p99:.3f} ms, max {worst:.3f} ms")


def time_steps(weights: PolicyWeights, steps: int) -> np.ndarray:
    """Seconds (steps,) that each step of a policy took, on inputs of a running trial."""
    from inhand_core.random import row_seeds
    from inhand_core.signals import Fingertips, Goal, JointStates, ObjectPose, Trial, TrialState
    from inhand_policy.ports import PolicyRunnerInputs
    from inhand_policy.runner import PolicyConfig, PolicyRunner

    none, turn = np.zeros(1, np.int64), np.array([[0.0, 0.0, 0.0, 1.0]])
    seen, joints = np.ones(1, bool), np.zeros((1, 24))
    inputs: PolicyRunnerInputs = {
        "fingertips": Fingertips(np.zeros((1, 5, 3)), np.ones((1, 5), bool), np.zeros((1, 5))),
        "object_pose": ObjectPose(np.zeros((1, 3)), turn, seen, np.zeros(1)),
        "goal": Goal(none, none, turn),
        "trial": Trial(none, none, np.array([TrialState.RUNNING]), none),
        "joint_states": JointStates(joints, joints, joints),
    }
    runner = PolicyRunner(load_config(PolicyConfig, read_yaml(config_file("policy"))), row_seeds(0, 1), weights)
    for _ in range(100):
        runner.step(inputs, 0.08)
    seconds = np.empty(steps)
    for i in range(steps):
        start = time.perf_counter()
        runner.step(inputs, 0.08)
        seconds[i] = time.perf_counter() - start
    return seconds


def parameter_count(tensors: dict[str, np.ndarray]) -> int:
    """Number of trainable numbers; the normaliser's statistics do not count."""
    return sum(tensor.size for name, tensor in tensors.items() if "normalizer" not in name)
