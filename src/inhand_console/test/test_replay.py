"""A recording as the page's source: the newest of each topic at any time, forwards and back, at its own pace."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_console.replay import Replay, Track
from inhand_console.snapshot import NodeReport
from inhand_console.status import state
from inhand_core.signals import EndReason, Trial, TrialState


def decode(data: bytes) -> Trial:
    if data == b"bad":
        raise ValueError("cannot be read")
    return Trial(*(np.array([n]) for n in (1, int(data), TrialState.RUNNING, EndReason.NONE)))


@pytest.fixture
def replay() -> Replay:
    trial = Track([1.0, 2.0, 3.0, 4.0], [b"1", b"2", b"bad", b"4"])
    markers = Track([0.01 * i for i in range(1001)], [b""] * 1001)
    reports = [(t, {"policy": NodeReport(0, f"at {t:g}", {}, t)}) for t in (1.0, 2.0)]
    return Replay(
        {"trial": trial, "mocap/markers": markers}, {"trial": decode, "mocap/markers": decode_markers}, reports, 2.0
    )


def decode_markers(data: bytes) -> None:
    return None


def goals(replay: Replay, now: float) -> int | None:
    trial = replay.snapshot(now).trial
    return None if trial is None else int(trial.goals_achieved[0])


def test_it_shows_what_was_newest_forwards_and_back(replay: Replay) -> None:
    replay.playing = False
    for time, expected in ((0.5, None), (1.0, 1), (2.9, 2), (4.5, 4), (2.0, 2)):
        replay.seek(time)
        assert goals(replay, 0.0) == expected


def test_what_cannot_be_read_leaves_the_last_and_is_named(replay: Replay) -> None:
    replay.playing = False
    replay.seek(2.0)
    replay.snapshot(0.0)
    replay.seek(3.5)
    shown = replay.snapshot(0.0)
    assert int(shown.trial.goals_achieved[0]) == 2 and shown.unreadable == {"trial": "cannot be read"}


def test_time_goes_on_at_its_speed_while_it_plays_and_stops_at_the_end(replay: Replay) -> None:
    replay.snapshot(100.0)
    replay.speed = 2.0
    assert replay.snapshot(101.5).replayed == pytest.approx(3.0)
    replay.playing = False
    assert replay.snapshot(110.0).replayed == pytest.approx(3.0)
    replay.playing = True
    assert replay.snapshot(120.0).replayed == replay.duration == 10.0 and not replay.playing
    replay.seek(-5.0)
    assert replay.time == 0.0


def test_rates_ages_and_reports_are_those_of_then(replay: Replay) -> None:
    replay.playing = False
    replay.seek(4.505)
    shown = replay.snapshot(50.0)
    assert shown.rates["mocap/markers"].rate == pytest.approx(100.0, rel=0.01)
    assert shown.rates["trial"].age == pytest.approx(0.505)
    assert shown.graph.reports["policy"].message == "at 2" and shown.graph.reports["policy"].arrival == pytest.approx(
        47.495
    )
    replay.seek(1.5)
    assert replay.snapshot(51.0).graph.reports["policy"].message == "at 1"


def test_the_policys_periods_are_those_since_the_last_look() -> None:
    replay = Replay(
        {"policy/action": Track([0.0, 0.08, 0.17, 0.25], [b""] * 4)}, {"policy/action": lambda _: None}, [], 2.0
    )
    replay.playing = False
    found = []
    for time in (0.1, 0.2, 0.2, 0.25, 0.05):
        replay.seek(time)
        found.append([round(period) for period in replay.snapshot(0.0).latencies.policy_period])
    assert found == [[80], [90], [], [80], []]


def test_the_overlay_says_that_it_is_a_recording(replay: Replay) -> None:
    said = state(replay.snapshot(0.0), (), None, 0.4, None)
    assert said["replay"] and said["words"].startswith("REPLAY") and "nothing here moves a hand" in said["hint"]
    assert not said["bad"]
