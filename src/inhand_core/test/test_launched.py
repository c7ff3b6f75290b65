"""What a process tells its launch: refusals end it, crashes wait longer and longer and come to an end."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from inhand_core import launched


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a launch, of which this process is policy_node."""
    monkeypatch.setenv(launched.VARIABLE, str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["/x/lib/inhand_policy/policy_node", "--ros-args", "-r", "__ns:=/left"])
    return tmp_path


def test_the_first_refusal_counts_and_is_one_line(place: Path) -> None:
    assert launched.refusal(place) is None
    launched.refuse("weights/x.safetensors:\n  NaN in actor.0.weight")
    launched.refuse("another")
    assert launched.refusal(place) == "policy_node@left: weights/x.safetensors: NaN in actor.0.weight"


def test_half_a_line_is_no_refusal_yet(place: Path) -> None:
    (place / "refused").write_text("policy_node: NaN in ac")
    assert launched.refusal(place) is None


def test_without_a_launch_nothing_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "/nowhere/at/all", "no_such_launch_here"):
        monkeypatch.setenv(launched.VARIABLE, name)
        launched.refuse("nothing")
        launched.note_start()
    assert list(place.iterdir()) == []


def test_waiting_doubles_and_ends() -> None:
    assert [launched.back_off(quick) for quick in range(8)] == [0.0, 0.0, 0.0, 2.0, 4.0, 8.0, 16.0, None]


@pytest.mark.parametrize(
    ("starts", "now", "quick"),
    [
        ([], 0.0, 0),
        ([0.0], 119.0, 1),
        ([0.0], 121.0, 0),
        ([0.0, 5.0, 10.0], 15.0, 3),
        ([0.0, 5.0, 500.0, 505.0], 510.0, 2),
    ],
)
def test_ends_soon_after_the_start_are_counted_since_the_last_that_lived(starts, now, quick) -> None:
    assert launched.quick_ends(starts, now) == quick


def test_a_program_that_ends_again_and_again_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for _ in range(launched.MOST):
        launched.note_start()
    with pytest.raises(SystemExit) as end:
        launched.note_start()
    assert end.value.code == launched.REFUSED and slept == [2.0, 4.0, 8.0, 16.0]
    assert "policy_node@left: it has ended 7 times within 120 s of its start" in launched.refusal(place)


def test_a_start_for_a_device_that_is_away_does_not_count(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for _ in range(20):
        launched.note_start()
        launched.forget_start()
    assert slept == []


def test_the_controllers_rules_are_the_same() -> None:
    """Python's and C++'s numbers are written twice, as neither starts with the other."""
    text = (Path(__file__).parents[2] / "inhand_control/rt_node/launched.cpp").read_text()
    for name, value in (("kQuickS = ", "120.0"), ("kFree = ", "2"), ("kMost = ", "7"), ("kLongestS = ", "30.0")):
        assert f"{name}{value};" in text
    assert (launched.QUICK_S, launched.FREE, launched.MOST, launched.LONGEST_S) == (120.0, 2, 7, 30.0)
