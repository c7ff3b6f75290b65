"""Ownership of the motors: one controller is followed, others are refused and named."""

from __future__ import annotations

import pytest

from inhand_core.claim import Ownership, claim_number

OURS, OTHER = claim_number("ours"), claim_number("other")


class Clock:
    """A clock that tests turn by hand [s]."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_numbers_are_those_of_the_published_hash_and_never_zero_for_a_name() -> None:
    assert claim_number("a") == 0xAF63DC4C8601EC8C  # FNV-1a's own test vector
    assert claim_number("foobar") == 0x85944171F73967E8
    assert claim_number("") == 0
    assert OURS != OTHER


def test_a_named_owner_is_the_only_one_ever(clock: Clock) -> None:
    ownership = Ownership("ours", clock)
    for _ in range(3):
        assert not ownership.admits(OTHER)
        clock.now += 100.0
    assert ownership.admits(OURS)
    assert ownership.refused == 3 and ownership.stranger == OTHER


def test_without_a_name_the_first_is_followed_until_it_falls_silent(clock: Clock) -> None:
    ownership = Ownership("", clock)
    assert ownership.admits(OURS)
    for _ in range(50):
        clock.now += 0.1
        assert ownership.admits(OURS)
        assert not ownership.admits(OTHER), "two at once: the first stays"
    clock.now += 0.9
    assert not ownership.admits(OTHER)
    clock.now += 0.2
    assert ownership.admits(OTHER), "a controller that was started anew"


@pytest.mark.parametrize("name", ["", "ours"])
def test_unsigned_commands_are_never_followed(clock: Clock, name: str) -> None:
    ownership = Ownership(name, clock)
    assert not ownership.admits(0)
    assert "without a claim" in ownership.trouble


def test_trouble_is_named_while_it_lasts(clock: Clock) -> None:
    ownership = Ownership("ours", clock)
    assert ownership.trouble == ""
    ownership.admits(OTHER)
    assert f"{OTHER:#x}" in ownership.trouble and "ROS_DOMAIN_ID" in ownership.trouble
    clock.now += 2.0
    assert ownership.trouble == ""
