"""Aggregation of trials."""

import json

import numpy as np
import pytest

from inhand_core.signals import EndReason
from inhand_eval.summary import bootstrap_interval, summarize
from inhand_eval.trials import Protocol, TrialResults

RESULTS = TrialResults(
    goals=np.array([3, 50, 0, 7]),
    seconds=np.array([20.0, 100.0, 1.0, 29.0]),
    reason=np.array([EndReason.TIMEOUT, EndReason.SUCCESS, EndReason.DROPPED, EndReason.TIMEOUT]),
    bad_worlds=1,
)


def test_table_of_trials():
    report = summarize(RESULTS)
    assert (report["mean"], report["median"], report["trials"]) == (15.0, 5.0, [50, 7, 3, 0])
    assert report["std"] == pytest.approx(np.std([3, 50, 0, 7]))
    assert report["ends"] == {"dropped": 1, "timeout": 2, "success": 1}
    assert report["seconds_per_goal"] == pytest.approx(150.0 / 60.0)
    assert report["bad_worlds"] == 1
    json.dumps(report)


def test_no_goal_at_all_has_no_seconds_per_goal():
    none = TrialResults(np.zeros(2, int), np.ones(2), np.full(2, EndReason.DROPPED), 0)
    assert summarize(none)["seconds_per_goal"] is None


def test_interval_holds_the_mean_and_narrows_with_more_trials():
    values = np.random.default_rng(1).integers(0, 51, 25)
    low, high = bootstrap_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 5, rel=0.1)
    wide = bootstrap_interval(np.tile(values, 16))
    assert wide[1] - wide[0] < 0.35 * (high - low)


def test_protocol_refuses_no_trials():
    with pytest.raises(ValueError, match="trials must be >= 1"):
        Protocol("x", 0, "none", "block", 8.0, 50, 0, True, 1)
