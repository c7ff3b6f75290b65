"""Trials as a node sees them, their shares among graphs, and the test that compares goals."""

import numpy as np
import pytest

from inhand_core.signals import EndReason, TrialState
from inhand_eval.closed_loop import LoopConfig, TrialsSeen, compare_goals, kept_up
from inhand_eval.trials import Protocol

RUNNING, ENDED = int(TrialState.RUNNING), int(TrialState.ENDED)
PROTOCOL = Protocol("x", 20, "none", "block", 8.0, 50, 0, True, 1)


def test_the_first_trial_and_those_that_others_ended_do_not_count():
    seen = TrialsSeen()
    messages = [
        (4, 0, RUNNING, 0, 1.0),
        (4, 2, ENDED, EndReason.DROPPED, 5.0),
        (5, 0, RUNNING, 0, 5.1),
        (5, 1, RUNNING, 0, 8.0),
        (5, 1, ENDED, EndReason.TIMEOUT, 16.0),
        (5, 1, ENDED, EndReason.TIMEOUT, 16.1),
        (6, 0, RUNNING, 0, 16.2),
        (6, 0, ENDED, EndReason.STOPPED, 17.0),
        (8, 0, ENDED, EndReason.DROPPED, 18.0),
        (9, 0, RUNNING, 0, 19.0),
        (9, 0, ENDED, EndReason.DROPPED, 19.5),
    ]
    ended = [seen.add(*message) for message in messages]
    assert [k for k, end in enumerate(ended) if end] == [4, 10]
    assert seen.finished == [
        (1, pytest.approx(10.9), EndReason.TIMEOUT),
        (0, pytest.approx(0.5), EndReason.DROPPED),
    ]


def test_shares_are_fixed_and_add_up():
    assert LoopConfig(PROTOCOL, 3, 70).shares() == [7, 7, 6]
    for graphs, domain, match in ((0, 70, "graphs"), (21, 70, "graphs"), (2, 101, "domain")):
        with pytest.raises(ValueError, match=match):
            LoopConfig(PROTOCOL, graphs, domain)


def test_equal_goals_are_not_told_apart_and_others_are(monkeypatch):
    monkeypatch.setattr("inhand_eval.closed_loop.RESAMPLES", 500)
    random = np.random.default_rng(1)
    some = random.geometric(0.15, 100)
    p = [compare_goals(random.choice(some, 20), some, 0.05)["mann_whitney_p"] for _ in range(40)]
    assert np.mean(np.array(p) < 0.05) <= 0.15  # alpha, within what 40 draws can say
    other = compare_goals(random.choice(some, 20) + 12, some, 0.05)
    assert not other["same"] and other["permutation_p"] < 0.01 and other["larger"] > 0.8
    low, high = other["difference_interval_95"]
    assert low < other["difference"] < high


def test_all_alike_is_the_same():
    assert compare_goals(np.full(20, 50), np.full(100, 50), 0.05)["same"]


@pytest.mark.parametrize(
    ("factor", "holds", "well"),
    [(0.999, 0, True), (0.999, 2, True), (0.9, 0, False), (0.999, 400, False), (None, 0, False)],
)
def test_a_graph_that_does_not_keep_up_gives_no_verdict(factor, holds, well):
    assert kept_up({"real_time_factor": factor, "holds": holds, "duration_s": 60.0}) is well


@pytest.mark.parametrize(("factor", "holds", "well"), [(0.1, 0, True), (0.999, 400, False), (None, 0, False)])
def test_a_simulation_that_waits_may_be_slow(factor, holds, well):
    found = {"real_time_factor": factor, "holds": holds, "duration_s": 60.0, "waits_for_graph": True}
    assert kept_up(found) is well
