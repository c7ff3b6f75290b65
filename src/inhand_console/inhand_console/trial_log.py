"""The trials so far: what a person wants to know of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from inhand_core.signals import EndReason, Trial, TrialState

REASONS = {
    EndReason.NONE: "",
    EndReason.DROPPED: "object dropped",
    EndReason.TIMEOUT: "goal not reached in time",
    EndReason.SUCCESS: "all goals achieved",
    EndReason.STOPPED: "stopped",
    EndReason.INTERRUPTED: "interrupted: a device failed",
    EndReason.OVERLOADED: "overloaded: the machine was too slow",
}


@dataclass(frozen=True)
class FinishedTrial:
    """One trial that has ended.

    Attributes:
        trial_id, goals, reason: as the graph says.
        began: seconds since the epoch; None where its beginning was not seen.
        seconds: it took so long [s, wall time]; None where its beginning was not seen.
        take: the recording that ran at its end; "" for none.
    """

    trial_id: int
    goals: int
    reason: EndReason
    began: float | None = None
    seconds: float | None = None
    take: str = ""

    @property
    def seconds_per_goal(self) -> float | None:
        """Mean time from goal to goal [s]; None without a goal or a beginning."""
        return self.seconds / self.goals if self.seconds is not None and self.goals else None


class TrialLog:
    """Collects finished trials from the newest `Trial` signal, seen as often as it happens to be."""

    def __init__(self) -> None:
        self.finished: list[FinishedTrial] = []
        self._last: tuple[int, int, TrialState, EndReason] | None = None
        self._began: tuple[int, float] | None = None

    def update(self, trial: Trial, now: float = 0.0, take: str = "") -> None:
        """Takes the newest signal (B = 1) at `now` [s since the epoch], while `take` is recorded.

        A trial of which the end itself was not seen is counted with its last known goals and reason NONE.
        """
        seen = (
            int(trial.trial_id[0]),
            int(trial.goals_achieved[0]),
            TrialState(int(trial.state[0])),
            EndReason(int(trial.reason[0])),
        )
        last, self._last = self._last, seen
        if seen == last:
            return
        if last is not None and last[0] != seen[0] and last[2] == TrialState.RUNNING:
            self._finish(last[0], last[1], EndReason.NONE, now, take)
        known = bool(self.finished) and self.finished[-1].trial_id == seen[0]
        if seen[2] == TrialState.ENDED and not known:
            self._finish(seen[0], seen[1], seen[3], now, take)
        # A trial that was under way at the first look began before it: when is not known.
        if seen[2] == TrialState.RUNNING and last is not None and (last[0], last[2]) != (seen[0], TrialState.RUNNING):
            self._began = seen[0], now

    def csv(self) -> str:
        """All trials as a table, oldest first: times as ISO 8601 with zone, durations [s]."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("trial", "began", "seconds", "goals", "seconds_per_goal", "end", "take"))
        for trial in self.finished:
            began = (
                "" if trial.began is None else datetime.fromtimestamp(trial.began, UTC).isoformat("T", "milliseconds")
            )
            times = ["" if value is None else f"{value:.3f}" for value in (trial.seconds, trial.seconds_per_goal)]
            end = trial.reason.name.lower() if trial.reason else ""
            table.writerow((trial.trial_id, began, times[0], trial.goals, times[1], end, trial.take))
        return out.getvalue()

    def _finish(self, number: int, goals: int, reason: EndReason, now: float, take: str) -> None:
        began = self._began[1] if self._began is not None and self._began[0] == number else None
        seconds = None if began is None else now - began
        self.finished.append(FinishedTrial(number, goals, reason, began, seconds, take))

    def summary(self) -> str:
        """One line: number of trials, mean and median of their goals."""
        if not self.finished:
            return "no trial finished yet"
        goals = [trial.goals for trial in self.finished]
        return f"{len(goals)} finished, goals mean {np.mean(goals):.1f}, median {np.median(goals):g}, best {max(goals)}"
