"""`inhand bench policy`: how long a step of the policy takes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.signals import Fingertips, Goal, JointStates, ObjectPose, Trial, TrialState
from inhand_policy.export import initial_weights
from inhand_policy.ports import PolicyRunnerInputs
from inhand_policy.runner import PolicyConfig, PolicyRunner
from inhand_policy.weights import PolicyWeights, load_weights


def policy(weights: Path | None = None, steps: int = 5000) -> None:
    """Times the policy's step for one hand on the CPU: observation, network, choice of the action.

    Args:
        weights: a weights file; default: random weights of the paper's sizes (1024 and 512 units).
        steps: how many steps to time.
    """
    chosen = initial_weights(0) if weights is None else load_weights(weights)
    seconds = time_steps(chosen, steps)
    network = chosen.metadata.network
    p50, p99, worst = (1e3 * float(x) for x in (*np.percentile(seconds, [50, 99]), seconds.max()))
    sizes = f"{network.dense} dense and {network.lstm} {network.memory} units"
    print(f"policy step, {sizes}, one hand, one thread, {steps} steps:")
    print(f"p50 {p50:.3f} ms, p99 {p99:.3f} ms, max {worst:.3f} ms")


def time_steps(weights: PolicyWeights, steps: int) -> np.ndarray:
    """Seconds (steps,) that each step of a policy took, on inputs of a running trial."""
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
