"""The trials so far: what a person wants to know of them."""

from __future__ import annotations

from dataclasses import dataclass

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
    """One trial that has ended."""

    trial_id: int
    goals: int
    reason: EndReason


class TrialLog:
    """Collects finished trials from the newest `Trial` signal, seen as often as it happens to be."""

    def __init__(self) -> None:
        self.finished: list[FinishedTrial] = []
        self._last: tuple[int, int, TrialState, EndReason] | None = None

    def update(self, trial: Trial) -> None:
        """Takes the newest signal (B = 1).

        A trial of which the end itself was not seen is counted with its last known goals and reason NONE.
        """
        now = (
            int(trial.trial_id[0]),
            int(trial.goals_achieved[0]),
            TrialState(int(trial.state[0])),
            EndReason(int(trial.reason[0])),
        )
        last, self._last = self._last, now
        if now == last:
            return
        if last is not None and last[0] != now[0] and last[2] == TrialState.RUNNING:
            self.finished.append(FinishedTrial(last[0], last[1], EndReason.NONE))
        known = bool(self.finished) and self.finished[-1].trial_id == now[0]
        if now[2] == TrialState.ENDED and not known:
            self.finished.append(FinishedTrial(now[0], now[1], now[3]))

    def summary(self) -> str:
        """One line: number of trials, mean and median of their goals."""
        if not self.finished:
            return "no trial finished yet"
        goals = [trial.goals for trial in self.finished]
        return f"{len(goals)} finished, goals mean {np.mean(goals):.1f}, median {np.median(goals):g}, best {max(goals)}"
