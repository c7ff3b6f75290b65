"""Trials of a policy through the graph in one process: the same components, links and randomisation as everywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from typing import Protocol as Protocol_

import numpy as np

from inhand_core.config import ConfigError, to_mapping
from inhand_core.graph import InProcessGraph
from inhand_core.graph_spec import load_graph
from inhand_core.signals import EndReason, TrialState
from inhand_core.task import PUBLISHED, load_task
from inhand_core.times import seconds
from inhand_description.objects import check_object
from inhand_eval.interrupted import Interrupted
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
        object: its name, or the path of its file.
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
    object: str
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
        check_object(self.object)
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


class Stepper(Protocol_):
    """Advances the graph by a tick, and puts messages of its own among those of the components."""

    def step(self, graph: InProcessGraph) -> Any:
        """As `InProcessGraph.step`."""

    def save(self) -> Any:
        """What the next steps depend on, picklable."""

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned."""


@dataclass
class _Running:
    """Trials under way; (n,) each: goals, reason, seconds of those that have ended, begun [s], open."""

    goals: np.ndarray
    reason: np.ndarray
    seconds: np.ndarray
    begun: np.ndarray
    open: np.ndarray

    @classmethod
    def first(cls, n: int) -> _Running:
        """Before the first step."""
        counts = np.zeros(n, np.int64), np.zeros(n, np.int64)
        return cls(*counts, np.zeros(n), np.full(n, np.nan), np.ones(n, bool))

    def take(self, trial: Any, now: float) -> bool:
        """Takes the state of all rows' trials at a time [s]; whether one has ended."""
        self.begun = np.where(np.isnan(self.begun) & (trial.state == TrialState.RUNNING), now, self.begun)
        ended = self.open & (trial.state == TrialState.ENDED)
        self.goals[ended], self.reason[ended] = trial.goals_achieved[ended], trial.reason[ended]
        self.seconds[ended] = now - self.begun[ended]
        self.open &= ~ended
        return bool(ended.any())


def run_trials(
    protocol: Protocol,
    progress: Callable[[int, float], None] | None = None,
    watch: Callable[[InProcessGraph], None] | None = None,
    stepper: Stepper | None = None,
    interrupted: Interrupted | None = None,
) -> TrialResults:
    """Runs the first trial of every row to its end.

    Args:
        protocol: what to run.
        progress: called at each step with the number of finished trials and the simulated time [s].
        watch: called after every step.
        stepper: advances the graph; default the graph itself.
        interrupted: where an interrupted evaluation goes on, to the same results, which it holds in the end.
    """
    graph = build_graph(protocol)
    sim, rows = graph.component("sim"), _Running.first(protocol.trials)
    if interrupted is not None and (saved := interrupted.load()) is not None:
        if isinstance(saved, TrialResults):
            return saved
        state, rows, own = saved
        graph.restore(state)
        if stepper is not None:
            stepper.restore(own)
        sim.asleep[:] = ~rows.open
    while rows.open.any():
        now = seconds(graph.time_ns)
        stepper.step(graph) if stepper is not None else graph.step()
        if watch is not None:
            watch(graph)
        if rows.take(graph.latest["trial"], now):
            sim.asleep[:] = ~rows.open  # most trials are short; the longest decides how long this takes
        if progress is not None:
            progress(int((~rows.open).sum()), now)
        if interrupted is not None:
            interrupted.offer(lambda: (graph.save(), copy.deepcopy(rows), stepper.save() if stepper else None))
    results = TrialResults(rows.goals, rows.seconds, rows.reason, int(sim.bad_worlds))
    if interrupted is not None:
        interrupted.save(results)
    return results


def reason_counts(reason: np.ndarray) -> dict[str, int]:
    """Number of trials by the name of their end, in lower case."""
    return {r.name.lower(): int((reason == r).sum()) for r in EndReason if (reason == r).any()}
