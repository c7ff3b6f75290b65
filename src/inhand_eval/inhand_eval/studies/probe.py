"""What the LSTM knows: its state after some seconds predicts whether the block is larger than average (paper 6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from inhand_core.config import ConfigError
from inhand_core.signals import TrialState
from inhand_eval.studies.runs import STEP_S
from inhand_eval.trials import Protocol, build_graph
from inhand_policy.weights import load_metadata

PAPER_ACCURACY, PAPER_SECONDS = 0.8, 5.0
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Weights of the squared norm that a fit chooses from, by a fifth of its own samples."""


@dataclass(frozen=True)
class ProbeConfig:
    """The probe.

    Attributes:
        weights: of a policy with an LSTM.
        rollouts: worlds, each with a size of its own.
        seed: of worlds and folds.
        randomization: groups; the object's size is of the group physics.
        seconds: simulated times at which the state is read [s].
        folds: each sample is judged by a fit of the other folds.
        threads: physics threads; 0: one a core.
    """

    weights: str
    rollouts: int = 2000
    seed: int = 0
    randomization: str = "all"
    seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
    folds: int = 5
    threads: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.rollouts < 10 * self.folds:
            raise ConfigError(f"{self.rollouts} rollouts for {self.folds} folds: at least 2 folds of 10 each")
        if not self.seconds or min(self.seconds) < STEP_S:
            raise ConfigError(f"seconds must be {STEP_S} s at least, are {self.seconds}")


@dataclass(frozen=True)
class Samples:
    """N worlds at S times: hidden (S, N, lstm), observation (S, N, n), running (S, N) bool; size (N,) [x nominal]."""

    hidden: np.ndarray
    observation: np.ndarray
    running: np.ndarray
    size: np.ndarray


def probe(config: ProbeConfig) -> dict[str, Any]:
    """Accuracy of the prediction at every time, beside that of the larger class and of the last observation alone.

    Raises:
        ConfigError: the policy has no LSTM, or the randomisation leaves the size alone.
    """
    if load_metadata(config.weights).network.memory != "lstm":
        raise ConfigError(f"{config.weights}: a policy without memory has no state to read")
    samples = gather(config)
    if not samples.size.std() > 0.0:
        raise ConfigError(f"randomization {config.randomization!r} leaves the object's size alone: physics must be on")
    label = samples.size > 1.0
    rows = []
    for k, seconds in enumerate(config.seconds):
        kept = samples.running[k]
        row = {"seconds": seconds, "ended_before": int((~kept).sum())}
        row["hidden_state"] = judged(samples.hidden[k, kept], label[kept], config.folds, config.seed)
        row["observation"] = judged(samples.observation[k, kept], label[kept], config.folds, config.seed)
        rows.append(row)
    paper = {"accuracy": PAPER_ACCURACY, "seconds": PAPER_SECONDS}
    return {"settings": asdict(config), "times": rows, "paper": paper}


def gather(config: ProbeConfig) -> Samples:
    """Runs the worlds; a row counts as long as its first trial runs."""
    limit = 2.0 * max(config.seconds)  # a trial ends by a drop alone
    protocol = Protocol(
        config.weights, config.rollouts, config.randomization, "block", limit, 10_000, config.seed, True, config.threads
    )
    graph = build_graph(protocol)
    policy, steps = graph.component("policy"), np.zeros(config.rollouts, np.int64)
    graph.step()
    size = graph.component("sim").state.draw.size.copy()
    wanted = [round(seconds / STEP_S) for seconds in config.seconds]
    hidden, observation, running = [], [], []
    first = np.ones(config.rollouts, bool)
    while len(hidden) < len(wanted):
        trial = graph.latest["trial"]
        first &= trial.trial_id == 0
        steps += first & (trial.state == TrialState.RUNNING)
        if steps.max() >= wanted[len(hidden)]:
            hidden.append(policy.state.memory["hidden"].copy())
            observation.append(policy.observation.copy())
            running.append(first & (steps == steps.max()))
        graph.step()
    return Samples(np.stack(hidden), np.stack(observation), np.stack(running), size)


def judged(inputs: np.ndarray, label: np.ndarray, folds: int, seed: int) -> dict[str, Any]:
    """Cross-validated accuracy of a logistic regression of `label` (n,) bool on `inputs` (n, d).

    Returns:
        n, accuracy with its 95 % interval (Wilson), the share of the larger class (what predicts without looking),
        and the p of an accuracy as high by a predictor no better than that.
    """
    from scipy.stats import binomtest

    predicted = out_of_fold(inputs, label, folds, seed)
    correct, majority = int((predicted == label).sum()), float(max(label.mean(), 1.0 - label.mean()))
    test = binomtest(correct, len(label), majority, alternative="greater")
    interval = binomtest(correct, len(label)).proportion_ci(method="wilson")
    return {
        "n": len(label),
        "accuracy": correct / len(label),
        "interval_95": [interval.low, interval.high],
        "majority": majority,
        "p": test.pvalue,
    }


def out_of_fold(inputs: np.ndarray, label: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Predictions (n,) bool, each by a fit that has not seen its sample."""
    order = np.random.default_rng(seed).permutation(len(label))
    predicted = np.zeros(len(label), bool)
    for part in np.array_split(order, folds):
        seen = order[~np.isin(order, part)]
        model = _chosen(inputs[seen], label[seen])
        predicted[part] = model(inputs[part])
    return predicted


def _chosen(inputs: np.ndarray, label: np.ndarray):
    """The fit with the penalty that does best on the last fifth of the samples, which are in random order."""
    cut = len(label) * 4 // 5
    scores = [(_fit(inputs[:cut], label[:cut], p)(inputs[cut:]) == label[cut:]).mean() for p in PENALTIES]
    return _fit(inputs, label, PENALTIES[int(np.argmax(scores))])


def _fit(inputs: np.ndarray, label: np.ndarray, penalty: float):
    """Logistic regression on standardised inputs; a function of inputs to bool."""
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-6

    def standardised(x: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((x - mean) / scale).astype(np.float64))

    x, y = standardised(inputs), torch.from_numpy(label.astype(np.float64))
    weight = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    offset = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, offset], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.binary_cross_entropy_with_logits(x @ weight + offset, y) + penalty * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return lambda other: ((standardised(other) @ weight + offset) > 0.0).numpy()


def told(report: dict[str, Any]) -> Sequence[str]:
    """Lines for a terminal."""
    lines = []
    for row in report["times"]:
        state, seen = row["hidden_state"], row["observation"]
        low, high = state["interval_95"]
        lines.append(
            f"after {row['seconds']:g} s: {100 * state['accuracy']:.1f} % ({100 * low:.1f} … {100 * high:.1f}) of "
            f"{state['n']} right from the LSTM's state, {100 * seen['accuracy']:.1f} % from the last observation, "
            f"{100 * state['majority']:.1f} % by always saying the same"
        )
    return lines
