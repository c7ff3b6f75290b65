"""The history of trials, from a signal that is seen now and then."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from inhand_console.trial_log import TrialLog
from inhand_core.signals import EndReason, Trial, TrialState


def trial(trial_id: int, goals: int, state: TrialState, reason: EndReason = EndReason.NONE) -> Trial:
    return Trial(*(np.array([value]) for value in (trial_id, goals, state, reason)))


def test_an_ended_trial_is_counted_once_with_its_reason() -> None:
    log = TrialLog()
    for signal in (
        trial(0, 0, TrialState.IDLE),
        trial(1, 0, TrialState.RUNNING),
        trial(1, 3, TrialState.RUNNING),
        trial(1, 3, TrialState.ENDED, EndReason.DROPPED),
        trial(1, 3, TrialState.ENDED, EndReason.DROPPED),
        trial(2, 0, TrialState.RUNNING),
    ):
        log.update(signal)
    assert [(t.trial_id, t.goals, t.reason) for t in log.finished] == [(1, 3, EndReason.DROPPED)]


def test_a_trial_whose_end_was_missed_is_counted_without_a_reason() -> None:
    log = TrialLog()
    log.update(trial(4, 2, TrialState.RUNNING))
    log.update(trial(5, 0, TrialState.RUNNING))
    assert [(t.trial_id, t.goals, t.reason) for t in log.finished] == [(4, 2, EndReason.NONE)]


def test_times_are_of_trials_whose_beginning_was_seen_and_go_into_the_table() -> None:
    log = TrialLog()
    log.update(trial(1, 0, TrialState.RUNNING), 100.0)
    log.update(trial(1, 2, TrialState.ENDED, EndReason.DROPPED), 110.0)
    log.update(trial(2, 0, TrialState.RUNNING), 112.0, "bags/take")
    log.update(trial(2, 3, TrialState.RUNNING), 120.0, "bags/take")
    log.update(trial(2, 4, TrialState.ENDED, EndReason.TIMEOUT), 132.0, "bags/take")
    first, second = log.finished
    assert first.began is first.seconds is first.seconds_per_goal is None and first.take == ""
    assert (second.began, second.seconds, second.seconds_per_goal, second.take) == (112.0, 20.0, 5.0, "bags/take")
    rows = list(csv.DictReader(io.StringIO(log.csv())))
    assert [row["goals"] for row in rows] == ["2", "4"] and rows[0]["seconds"] == ""
    assert rows[1]["began"] == "1970-01-01T00:01:52.000+00:00" and rows[1]["seconds_per_goal"] == "5.000"
    assert rows[1]["end"] == "timeout" and rows[1]["take"] == "bags/take"


def test_summary_has_mean_median_and_best() -> None:
    log = TrialLog()
    assert log.summary() == "no trial finished yet"
    for trial_id, goals in enumerate((1, 2, 9)):
        log.update(trial(trial_id, goals, TrialState.ENDED, EndReason.TIMEOUT))
    assert log.summary() == "3 finished, goals mean 4.0, median 2, best 9"
    assert np.mean([t.goals for t in log.finished]) == pytest.approx(4.0)
