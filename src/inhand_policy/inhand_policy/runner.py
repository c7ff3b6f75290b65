"""The policy as a component: observation, network, choice of bins, and when to stand still instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from inhand_core.component import Component
from inhand_core.config import check_config
from inhand_core.paths import resource_root
from inhand_core.ranges import NOT_NEGATIVE, POSITIVE
from inhand_core.signals import N_ACTUATORS, N_BINS, HandAction, Trial, TrialState
from inhand_policy.actions import ZERO_BIN, bins_to_action, mean_bins, sample_bins
from inhand_policy.architectures import Memory
from inhand_policy.inference import load_inference
from inhand_policy.observation import assemble, required_ports
from inhand_policy.ports import PolicyRunnerInputs, PolicyRunnerOutputs
from inhand_policy.weights import PolicyWeights, load_weights


@dataclass(frozen=True)
class PolicyConfig:
    """Values and texts in config/policy.yaml."""

    weights: str
    deterministic: bool
    object_max_age_s: Annotated[float, POSITIVE]
    fingertips_max_age_s: Annotated[float, POSITIVE]
    row_by_row: bool
    patience_s: Annotated[float, NOT_NEGATIVE]
    dither_s: Annotated[float, POSITIVE]

    def __post_init__(self) -> None:
        check_config(self)


@dataclass
class PolicyState:
    """memory of the network; last action's bins (B, 20); stale, unsound, idle (B,): steps that gave zero actions, and
    why; goal (B, 2): trial and goal of the last step, waited (B,): time on it [s]."""

    memory: Memory
    bins: np.ndarray
    stale: np.ndarray
    unsound: np.ndarray
    idle: np.ndarray
    goal: np.ndarray
    waited: np.ndarray


class PolicyRunner(Component[PolicyRunnerInputs, PolicyRunnerOutputs]):
    """Runs the policy every 80 ms (paper, Table 2 and Figure 12).

    The action is zero in rows whose trial is not running, and in rows whose inputs are missing or too old (counted as
    stale) or no finite numbers (unsound). The network's memory is zeroed when a trial ends or begins and moves on only
    with actions that it chose.

    Args:
        config: see PolicyConfig.
        seeds: (B,) row seeds; they decide what a sampling policy draws.
        weights: used instead of the file of `config.weights`.

    Attributes:
        observation: (B, n) the last observation assembled, None before.
        logits: (B, 20, 11) the last output of the network, None before.
    """

    Config = PolicyConfig

    def __init__(self, config: PolicyConfig, seeds: np.ndarray, weights: PolicyWeights | None = None) -> None:
        super().__init__(config, seeds)
        self.weights = weights or load_weights(find_weights(config.weights))
        self.blocks = self.weights.metadata.observation
        self._ports = [port for port in required_ports(self.blocks) if port != "previous_action"]
        self._network = load_inference(self.weights, config.row_by_row)
        none = np.zeros(self.batch, np.int64)
        bins = np.full((self.batch, N_ACTUATORS), ZERO_BIN, np.int64)
        memory, goal = self._network.initial_memory(self.batch), np.full((self.batch, 2), -1)
        self.state = PolicyState(memory, bins, none, none.copy(), none.copy(), goal, np.zeros(self.batch))
        self.observation: np.ndarray | None = None
        self.logits: np.ndarray | None = None

    @property
    def warning(self) -> str:
        """What every log line about these weights must say; empty for trained ones."""
        return f"RANDOM, UNTRAINED weights ({self.weights.source})" if self.weights.random else ""

    def unused(self) -> set[str]:
        """joint_states, where the weights do not use them."""
        return {"joint_states"} - set(self._ports)

    def reset(self, mask: np.ndarray) -> None:
        """Zeroes the memory and the last action in the rows of `mask` (B,)."""
        for part in self.state.memory.values():
            part[mask] = 0.0
        self.state.bins = np.where(mask[:, None], ZERO_BIN, self.state.bins)  # the last message holds the old array

    def step(self, inputs: PolicyRunnerInputs, dt: float) -> PolicyRunnerOutputs:
        """One action for the newest signals, `dt` [s] after the last: the network's memory counts steps."""
        state, trial = self.state, inputs.get("trial")
        running = np.zeros(self.batch, bool) if trial is None else trial.state == TrialState.RUNNING
        fresh = self._fresh(inputs)
        active = running & fresh
        state.stale = state.stale + (running & ~fresh)
        state.idle = state.idle + ~running
        drawing = self._drawing(inputs, dt)
        draws = not self.config.deterministic or self.config.patience_s > 0.0
        uniform = self.random.uniform((N_ACTUATORS, N_BINS)) if draws else None  # in every step, whoever is active
        if trial is not None and active.any():
            bins = self._choose(inputs, trial, active, drawing, uniform)
        else:
            bins = np.full((self.batch, N_ACTUATORS), ZERO_BIN, np.int64)
        state.bins = bins
        trial_id = np.zeros(self.batch, np.int64) if trial is None else trial.trial_id
        return {"action": HandAction(bins_to_action(bins), bins, trial_id)}

    def _fresh(self, inputs: PolicyRunnerInputs) -> np.ndarray:
        """Rows (B,) whose inputs are all there and young enough."""
        if any(port not in inputs for port in self._ports):
            return np.zeros(self.batch, bool)
        fresh = np.ones(self.batch, bool)
        if (pose := inputs.get("object_pose")) is not None:
            fresh &= pose.age <= self.config.object_max_age_s
        if (tips := inputs.get("fingertips")) is not None:
            fresh &= (tips.age <= self.config.fingertips_max_age_s).all(axis=1)
        return fresh

    def _drawing(self, inputs: PolicyRunnerInputs, dt: float) -> np.ndarray:
        """Rows (B,) whose actions are drawn: all of a sampling policy, of a deterministic one those out of patience."""
        config, state = self.config, self.state
        if not config.deterministic or not config.patience_s or "goal" not in inputs or "trial" not in inputs:
            return np.full(self.batch, not config.deterministic)
        goal = np.stack([inputs["trial"].trial_id, inputs["goal"].goal_id], axis=1)
        same = (goal == state.goal).all(axis=1)
        state.waited = np.where(same, state.waited + dt, 0.0)
        state.goal = goal
        beyond = state.waited - config.patience_s
        return (beyond > 0.0) & (beyond % (2.0 * config.dither_s) < config.dither_s)

    def _choose(
        self,
        inputs: PolicyRunnerInputs,
        trial: Trial,
        active: np.ndarray,
        drawing: np.ndarray,
        uniform: np.ndarray | None,
    ) -> np.ndarray:
        """Bins (B, 20) by the network in the `active` rows, where the memory moves on; zero bins in the others."""
        state = self.state
        previous = HandAction(bins_to_action(state.bins), state.bins, trial.trial_id)
        seen: dict[str, Any] = {**inputs, "previous_action": previous}
        self.observation = assemble(self.blocks, seen)
        self.logits, memory = self._network.step(self.observation, state.memory)
        sound = np.all(np.isfinite(self.logits), axis=(1, 2))
        state.unsound = state.unsound + (active & ~sound)
        self.logits = np.where(sound[:, None, None], self.logits, 0.0)
        rows = (active & sound)[:, None]
        state.memory = {name: np.where(rows, memory[name], part) for name, part in state.memory.items()}
        bins = mean_bins(self.logits)
        if uniform is not None and drawing.any():
            bins = np.where(drawing[:, None], sample_bins(self.logits, uniform), bins)
        return np.where(rows, bins, ZERO_BIN)


def find_weights(name: str) -> str:
    """Path of a weights file: as given if it exists, else below the project's root if it is there."""
    below = resource_root() / name
    return str(below) if not Path(name).is_file() and below.is_file() else name
