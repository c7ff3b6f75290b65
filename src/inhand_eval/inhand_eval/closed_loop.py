"""Trials over DDS in real time, on graphs that `ros2 launch` starts, and how their goals compare with others."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.signals import EndReason, TrialState
from inhand_eval.summary import RESAMPLES
from inhand_eval.trials import Protocol, TrialResults

LOOK_S = 0.5
START_S = 120.0
"""How long a graph may take to start [s]."""
SLOW = 0.02
"""Real-time factor below which a graph that still runs is given up."""
KEEPS_UP, HOLDS_A_MINUTE = 0.98, 6.0
"""Real-time factor of a graph on wall time that keeps up, at least, and holds of a controller, at most."""
END_S = 20.0
"""How long a launch may take to end [s]."""
NOT_THE_POLICY = (EndReason.STOPPED, EndReason.INTERRUPTED, EndReason.OVERLOADED)


@dataclass
class TrialsSeen:
    """Trials that were seen from begin to end, but for the first one, during which nodes still start.

    Attributes:
        finished: goals, simulated seconds and EndReason of each.
    """

    finished: list[tuple[int, float, int]] = field(default_factory=list)
    _first: int | None = None
    _begun: dict[int, float] = field(default_factory=dict)

    def add(self, trial_id: int, goals: int, state: int, reason: int, time_s: float) -> bool:
        """Takes a Trial message of time `time_s` [s]; whether a trial that counts has ended by it."""
        if self._first is None:
            self._first = trial_id
        if trial_id == self._first:
            return False
        if state == TrialState.RUNNING:
            self._begun.setdefault(trial_id, time_s)
        begun = self._begun.pop(trial_id, None) if state == TrialState.ENDED else None
        if begun is None or reason in NOT_THE_POLICY:
            return False
        self.finished.append((goals, time_s - begun, reason))
        return True


@dataclass(frozen=True)
class LoopConfig:
    """How trials are played; the protocol's seed is the first graph's, the next one's is one more.

    Attributes:
        protocol: what to play; a trial ends after 50 goals (config/goal.yaml).
        graphs: that run side by side.
        domain: ROS domain id of the first, the next one's is one more.
    """

    protocol: Protocol
    graphs: int
    domain: int

    def __post_init__(self) -> None:
        if not 1 <= self.graphs <= self.protocol.trials:
            raise ValueError(f"graphs must be in 1 … {self.protocol.trials} (trials), are {self.graphs}")
        if not 0 <= self.domain <= 102 - self.graphs:
            raise ValueError(f"domain must be in 0 … {102 - self.graphs}, is {self.domain}")

    def shares(self) -> list[int]:
        """Trials of each graph, fixed beforehand, so that short trials are not preferred."""
        return [len(part) for part in np.array_split(np.arange(self.protocol.trials), self.graphs)]


def play(config: LoopConfig, folder: Path, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """Plays the trials; logs lie in `folder`.

    Returns:
        results: `TrialResults`; graphs: the monitor's summary of each.

    Raises:
        RuntimeError: there is no ROS, a graph does not start, or it ends too early; with the end of its log.
    """
    if shutil.which("ros2") is None:
        raise RuntimeError("trials over DDS need ROS: no `ros2` on the path (source setup.bash)")
    with contextlib.ExitStack() as stack:
        graphs = [_Graph(config, k, count, folder) for k, count in enumerate(config.shares())]
        for graph in graphs:
            stack.callback(graph.close)
        while not all([graph.done() for graph in graphs]):
            progress(sum(len(graph.trials()) for graph in graphs))
            time.sleep(LOOK_S)
    goals, seconds, reason = np.array([row for graph in graphs for row in graph.trials()]).T
    results = TrialResults(goals.astype(np.int64), seconds, reason.astype(np.int64), 0)
    return {"results": results, "graphs": [graph.summary() for graph in graphs]}


class _Graph:
    """One launched graph with the node that writes its trials down."""

    def __init__(self, config: LoopConfig, number: int, trials: int, folder: Path) -> None:
        self._folder, self._wanted = folder / f"graph_{number}", trials
        self._folder.mkdir(parents=True, exist_ok=True)
        protocol = config.protocol
        self._environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(config.domain + number),
            "INHAND_STATE_DIR": str(self._folder / "state"),  # a stop of somebody else's is not this graph's
            "INHAND_SUMMARY_FILE": str(self._folder / "summary.json"),
            "PYTHONUNBUFFERED": "1",
        }
        arguments = {
            "console": "false",
            "weights": str(Path(protocol.weights).resolve()),
            "deterministic": str(protocol.deterministic).lower(),
            "randomization": protocol.randomization,
            "object": protocol.object,
            "goal_timeout": protocol.timeout_s,
            "goals": protocol.goals,
            "task": protocol.task,
            "seed": protocol.seed + number,
        }
        node = ["-p", f"trials:={trials}", "-p", f"out:={self._folder / 'trials.json'}"]
        self._node = self._start("trials", ["run", "inhand_eval", "trials_node", "--ros-args", *node])
        settings = [f"{name}:={value}" for name, value in arguments.items()]
        self._launch = self._start("launch", ["launch", "inhand_bringup", "sim.launch.xml", *settings])
        longest = protocol.timeout_s * protocol.max_goals * (trials + 1)
        self._end = time.monotonic() + START_S + longest / SLOW

    def trials(self) -> list[list[float]]:
        """Goals, seconds and reason of each trial so far."""
        path = self._folder / "trials.json"
        return json.loads(path.read_text()) if path.is_file() else []

    def done(self) -> bool:
        """Whether all of its trials have ended.

        Raises:
            RuntimeError: launch or node have ended before, or it takes for ever.
        """
        if self._node.poll() == 0 and len(self.trials()) >= self._wanted:
            return True
        if self._node.poll() is None and self._launch.poll() is None and time.monotonic() < self._end:
            return False
        logs = "\n".join(f"--- {p}\n{p.read_text()[-2000:]}" for p in sorted(self._folder.glob("*.log")))
        raise RuntimeError(
            f"a graph ended, or stands still, after {len(self.trials())} of {self._wanted} trials\n{logs}"
        )

    def summary(self) -> dict[str, Any]:
        """What the monitor counted, of what says whether the graph kept up."""
        path = self._folder / "summary.json"
        found = json.loads(path.read_text()) if path.is_file() else {}
        names = ("duration_s", "wall_s", "real_time_factor", "waits_for_graph", "missed_ticks", "deadline_misses")
        names += ("holds", "zero_torques", "policy_period_ms")
        return {name: found.get(name) for name in names}

    def close(self) -> None:
        """Ends both processes, and whatever they leave behind."""
        for process in (self._node, self._launch):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in (self._node, self._launch):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, name: str, arguments: Sequence[str]) -> subprocess.Popen:
        with (self._folder / f"{name}.log").open("w") as log:
            return subprocess.Popen(
                ["ros2", *arguments],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def kept_up(summary: dict[str, Any]) -> bool:
    """Whether a graph, by its monitor's summary, kept its own time, and its controller had actions.

    A simulation that waits for its graph keeps its time however slow it runs; another one has to run in real time.
    """
    if summary["real_time_factor"] is None or not summary["duration_s"]:
        return False
    holds = summary["holds"] / (summary["duration_s"] / 60.0)
    in_time = summary.get("waits_for_graph") or summary["real_time_factor"] >= KEEPS_UP
    return bool(in_time) and holds <= HOLDS_A_MINUTE


def compare_goals(one: np.ndarray, other: np.ndarray, alpha: float, seed: int = 0) -> dict[str, Any]:
    """Whether two samples of goals in a row could come from one distribution.

    The two-sided Mann-Whitney test decides, at level `alpha`: it supposes nothing of the distribution, which has a wall
    at 50. The permutation test of the means and the bootstrap interval of their difference stand beside it; the
    interval says how large a difference this many trials leave possible.

    Returns:
        mann_whitney_p, permutation_p, difference of the means (one - other), difference_interval_95, larger: the chance
        that a trial of `one` beats a trial of `other`, ties shared; alpha; same: p >= alpha.
    """
    from scipy.stats import mannwhitneyu, permutation_test

    one, other = np.asarray(one, float), np.asarray(other, float)
    random = np.random.default_rng(seed)

    def difference(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return a.mean(axis=axis) - b.mean(axis=axis)

    ranks = mannwhitneyu(one, other, alternative="two-sided")
    # SciPy before 1.15 knows the generator by the older name alone.
    how: dict[str, Any] = {"vectorized": True, "n_resamples": RESAMPLES, "random_state": random}
    means = permutation_test((one, other), difference, **how)
    picks = [random.integers(len(x), size=(RESAMPLES, len(x))) for x in (one, other)]
    low, high = np.percentile(difference(one[picks[0]], other[picks[1]]), [2.5, 97.5])
    return {
        "test": "two-sided Mann-Whitney",
        "alpha": alpha,
        "mann_whitney_p": float(ranks.pvalue),
        "permutation_p": float(means.pvalue),
        "difference": float(difference(one, other)),
        "difference_interval_95": [float(low), float(high)],
        "larger": float(ranks.statistic) / (len(one) * len(other)),
        "same": bool(ranks.pvalue >= alpha),
    }
