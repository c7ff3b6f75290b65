"""The fuzz harness, and 2,000 mutated packets for every parser that is registered."""

from __future__ import annotations

import random

import pytest

from inhand_core import fuzzing
from inhand_core.fuzzing import FuzzError, Target, mutate, mutations, run
from inhand_drivers.fuzz import TARGETS, load_target


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_no_mutated_packet_crashes_a_parser(name: str) -> None:
    target = load_target(name)
    count = 2000 // target.slow
    result = run(target, count, seed=1)
    assert result.count == count == result.accepted + result.refused


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_seeds_are_valid(name: str) -> None:
    target = load_target(name)
    for data in target.seeds:
        target.parse(data)
        target.parse(target.repair(data))


def test_mutations_repeat_by_their_seed_and_change_nearly_everything() -> None:
    seeds = (b"abcdefgh", b"0123456789")
    first, again, other = (list(mutations(seeds, 200, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert sum(data in seeds for data in first) < 20


def test_a_mutation_of_nothing_is_possible() -> None:
    draw = random.Random(0)
    assert all(isinstance(mutate((b"",), draw), bytes) for _ in range(100))


def test_a_crash_is_reported_with_its_input() -> None:
    def parse(data: bytes) -> None:
        if len(data) > 3:
            raise IndexError("too far")
        raise KeyError("refused")

    with pytest.raises(FuzzError, match=r"IndexError: too far\n[0-9a-f]{8}"):
        run(Target((b"abc", b"defg"), parse, (KeyError,)), 100)


def test_what_costs_too_much_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that compares each byte with each other one: its long inputs give it away."""
    monkeypatch.setattr(fuzzing, "COST_S", 0.02)
    monkeypatch.setattr(fuzzing, "COST_S_PER_BYTE", 1e-6)

    def parse(data: bytes) -> None:
        sum(a == b for a in data for b in data)

    with pytest.raises(FuzzError, match="s of CPU time for 3000 bytes"):
        run(Target((b"abcdefgh" * 5,), parse, longest=3000), 100)


def test_an_unknown_parser_is_named() -> None:
    with pytest.raises(ValueError, match="'morse'.*phasespace"):
        load_target("morse")
