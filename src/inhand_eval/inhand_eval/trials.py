"""Trials of a policy through the graph in one process: the same components, links and randomisation as everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inhand_core.config import ConfigError, to_mapping
from inhand_core.graph import InProcessGraph
from inhand_core.graph_spec import load_graph
from inhand_core.signals import EndReason, TrialState
from inhand_core.task import PUBLISHED, load_task
from inhand_policy.weights import load_metadata

GOALS = ("full", "face_up")
"""Modes of goals that policies are evaluated with."""
_OWN_START = {"ahead": 0.0, "reuse": True}
"""The first trial of a row, which alone counts, begins in a world of its own; for later ones nothing is prepared."""


@dataclass(frozen=True)
class Protocol:
    """How a policy is evaluated; the paper's Table 3 has 100 trials, all randomisation, 80 s a goal, 50 goals.

    Attributes:
        weights: weights file.
        trials: number of trials, each a row of its own with its own seed.
        randomization: "all", "none" or groups joined by commas.
        object: "block" or "prism".
        timeout_s: time for a goal [s].
        max_goals: goals in a trial.
        seed: of the run.
        deterministic: the bins nearest to the mean, or a draw.
        threads: physics threads; 0 for one a core.
        locked_wrist: the pitch of the wrist is held.
        overrides: further configuration values by component, such as another pool of start states.
        goals: how goals are distributed: "full", any orientation, or "face_up".
        task: variant of the task, see `inhand_core.task.load_task`.
        profile: of config/graph.yaml: "training", or "realtime" with the controller and motor torques, in lockstep.
    """

    weights: str
    trials: int
    randomization: str
    object: Literal["block", "prism"]
    timeout_s: float
    max_goals: int
    seed: int
    deterministic: bool
    threads: int
    locked_wrist: bool = False
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    profile: Literal["training", "realtime"] = "training"
    goals: Literal["full", "face_up"] = "full"
    task: str = PUBLISHED

    def __post_init__(self) -> None:
        if self.goals not in GOALS:
            raise ConfigError(f"goals: {self.goals!r} is not one of {list(GOALS)}")
        load_task(self.task)
        if self.trials < 1:
            raise ValueError(f"trials must be >= 1, is {self.trials}")


def described(protocol: Protocol) -> dict[str, Any]:
    """A protocol for a JSON of its results: without what changes none, with the weights' revision and the task's name,
    which has a version."""
    values = asdict(protocol)
    for name in ("threads", "deterministic", "overrides"):
        values.pop(name)
    training = load_metadata(protocol.weights).training
    named = {"task": load_task(protocol.task).name, "weights": Path(protocol.weights).name}
    return {**values, **named, "weights_revision": training.revision}


@dataclass(frozen=True)
class TrialResults:
    """One entry a trial: goals (n,), seconds (n,) of simulated time, reason (n,) of EndReason; bad worlds in all."""

    goals: np.ndarray
    seconds: np.ndarray
    reason: np.ndarray
    bad_worlds: int


def build_graph(protocol: Protocol) -> InProcessGraph:
    """The graph of the protocol; the smoother is the one that the weights were trained with."""
    smoothing = to_mapping(load_metadata(protocol.weights).smoothing)
    overrides: dict[str, dict[str, Any]] = {
        "sim": {
            "object": protocol.object,
            "threads": protocol.threads,
            "locked_wrist": protocol.locked_wrist,
            "start_states": _OWN_START,
        },
        "tracker": {"object": protocol.object},
        "goal": {
            "object": protocol.object,
            "timeout_s": protocol.timeout_s,
            "max_goals": protocol.max_goals,
            "auto_start": True,
            "auto_restart": True,
            "mode": protocol.goals,
        },
        "policy": {"weights": protocol.weights, "deterministic": protocol.deterministic},
        "smoother": smoothing,
    }
    if protocol.profile == "realtime":
        overrides["controller"] = {"auto_enable": True}
    for name, values in protocol.overrides.items():
        overrides[name] = {**overrides.get(name, {}), **values}
    spec = load_graph(protocol.profile, task=protocol.task)
    return InProcessGraph(spec, protocol.trials, protocol.seed, protocol.randomization, overrides)


def run_trials(
    protocol: Protocol,
    progress: Callable[[int, float], None] | None = None,
    watch: Callable[[InProcessGraph], None] | None = None,
    step: Callable[[InProcessGraph], Any] = InProcessGraph.step,
) -> TrialResults:
    """Runs the first trial of every row to its end.

    Args:
        protocol: what to run.
        progress: called now and then with the number of finished trials and the simulated time [s].
        watch: called after every step.
        step: advances the graph by a tick; another one can put messages of its own among those of the components.
    """
    graph = build_graph(protocol)
    count = protocol.trials
    goals, reason = np.zeros(count, np.int64), np.zeros(count, np.int64)
    seconds, begun = np.zeros(count), np.full(count, np.nan)
    open_rows = np.ones(count, bool)
    while open_rows.any():
        now = graph.time_ns * 1e-9
        step(graph)
        if watch is not None:
            watch(graph)
        trial = graph.latest["trial"]
        begun = np.where(np.isnan(begun) & (trial.state == TrialState.RUNNING), now, begun)
        ended = open_rows & (trial.state == TrialState.ENDED)
        goals[ended], reason[ended] = trial.goals_achieved[ended], trial.reason[ended]
        seconds[ended] = now - begun[ended]
        open_rows &= ~ended
        graph.component("sim").asleep[:] = ~open_rows  # most trials are short; the longest decides how long this takes
        if progress is not None and ended.any():
            progress(int(count - open_rows.sum()), now)
    return TrialResults(goals, seconds, reason, int(graph.component("sim").bad_worlds))


def reason_counts(reason: np.ndarray) -> dict[str, int]:
    """Number of trials by the name of their end, in lower case."""
    return {r.name.lower(): int((reason == r).sum()) for r in EndReason if (reason == r).any()}
