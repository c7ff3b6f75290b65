"""The box of newest messages: decodes late and once, and counts honestly."""

from __future__ import annotations

import pytest

from inhand_console.snapshot import Inbox


def test_only_the_newest_message_is_decoded_and_only_once() -> None:
    decoded: list[str] = []

    def decode(message: str) -> str:
        decoded.append(message)
        return message.upper()

    inbox = Inbox({"goal": decode})
    for message in ("a", "b", "c"):
        inbox.put("goal", message, 0.0)
    assert decoded == []
    assert inbox.snapshot(0.1).goal == "C"
    assert inbox.snapshot(0.2).goal == "C"
    assert decoded == ["c"]


def test_a_value_stays_the_same_object_until_a_new_message() -> None:
    inbox = Inbox()
    inbox.put("goal", first := object(), 0.0)
    assert inbox.snapshot(0.1).goal is first
    assert inbox.snapshot(0.2).goal is first
    inbox.put("goal", second := object(), 0.3)
    assert inbox.snapshot(0.4).goal is second


def test_rates_count_arrivals_of_the_last_seconds_only() -> None:
    inbox = Inbox(window_s=1.0)
    for tick in range(300):  # 3 s at 100 Hz, then 2 s of silence
        now = tick / 100
        inbox.put("hand/sensors", b"", now)
        if tick % 10 == 9:
            snapshot = inbox.snapshot(now)
    assert snapshot.rates["hand/sensors"].rate == pytest.approx(100.0, rel=0.02)
    for tick in range(300, 500, 10):
        snapshot = inbox.snapshot(tick / 100)
    assert snapshot.rates["hand/sensors"].rate == pytest.approx(0.0, abs=1.0)
    assert snapshot.rates["hand/sensors"].age == pytest.approx(1.91, abs=0.02)


def test_after_forgetting_nothing_is_known_of_the_rates_but_the_values_stay() -> None:
    inbox = Inbox()
    inbox.put("goal", "a", 0.0)
    inbox.snapshot(0.0)
    inbox.forget_rates()
    assert inbox.snapshot(1.0).rates == {}
    assert inbox.snapshot(1.0).goal == "a"


def test_a_message_that_cannot_be_read_keeps_the_last_good_one_and_says_why() -> None:
    inbox = Inbox({"goal": int})
    inbox.put("goal", "7", 0.0)
    inbox.put("goal", "7", 0.0)
    assert inbox.snapshot(0.1).goal == 7
    inbox.put("goal", "seven", 0.2)
    snapshot = inbox.snapshot(0.3)
    assert snapshot.goal == 7 and "seven" in snapshot.unreadable["goal"]
    inbox.put("goal", "8", 0.4)
    assert inbox.snapshot(0.5).unreadable == {}
