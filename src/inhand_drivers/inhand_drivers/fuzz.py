"""Mutated input for the parsers of the devices' protocols: `inhand fuzz`, `make fuzz`, and a short run in the tests.

A parser takes bytes and either accepts them or refuses them with its own exception. Anything else that it raises is a
finding, reported with the bytes that caused it.
"""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TARGETS: dict[str, str] = {
    "phasespace": "inhand_drivers.phasespace.fuzz_target:target",
    "phasespace-driver": "inhand_drivers.phasespace.fuzz_target:driver",
    "phasespace-requests": "inhand_drivers.phasespace.fuzz_target:requests",
    "hand-layout": "inhand_drivers.hand.fuzz_targets:layout",
    "hand-eeprom": "inhand_drivers.hand.fuzz_targets:eeprom",
    "ethercat-slave": "inhand_drivers.hand.fuzz_targets:slave",
}
"""Parsers by name: "module:function" that returns a `Target`."""

_INTERESTING = (0x00, 0x01, 0x7F, 0x80, 0xFF)


@dataclass(frozen=True)
class Target:
    """A parser and what to feed it.

    Attributes:
        seeds: valid inputs that are mutated.
        parse: takes bytes; returns when it accepts them.
        refusals: the exceptions by which it refuses; none where it counts refusals instead of raising them.
        repair: puts checksums right, so that mutations reach what lies behind them; used on half of the inputs.
    """

    seeds: tuple[bytes, ...]
    parse: Callable[[bytes], Any]
    refusals: tuple[type[Exception], ...] = ()
    repair: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class Result:
    """What became of a run: inputs in all, accepted and refused ones, seconds."""

    count: int
    accepted: int
    refused: int
    seconds: float


class FuzzError(RuntimeError):
    """An input that a parser neither accepts nor refuses."""


def mutate(seeds: tuple[bytes, ...], draw: random.Random) -> bytes:
    """One of `seeds` with one to four changes: bits, bytes, lengths, pieces moved or taken from another seed."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) + 1)
        length = draw.randint(1, 16)
        match draw.randrange(8):
            case 0 if data:
                data[place % len(data)] ^= 1 << draw.randrange(8)
            case 1 if data:
                data[place % len(data)] = draw.choice(_INTERESTING)
            case 2:
                data[place : place + length] = draw.randbytes(length)
            case 3:
                del data[place : place + length]
            case 4:
                data[place:place] = draw.randbytes(length)
            case 5:
                del data[place:]
            case 6:
                data[place:place] = data[place : place + 4 * length]
            case _:
                other = draw.choice(seeds)
                data[place:] = other[draw.randrange(len(other) + 1) :]
    return bytes(data)


def mutations(seeds: tuple[bytes, ...], count: int, seed: int) -> Iterator[bytes]:
    """`count` mutated inputs, the same for the same `seed`."""
    draw = random.Random(seed)
    return (mutate(seeds, draw) for _ in range(count))


def run(target: Target, count: int, seed: int = 0) -> Result:
    """Feeds `count` mutated inputs to a parser.

    Raises:
        FuzzError: the parser raised what is not one of its refusals; the message holds the input.
    """
    start, refused = time.perf_counter(), 0
    for number, data in enumerate(mutations(target.seeds, count, seed)):
        data = target.repair(data) if number % 2 else data
        try:
            target.parse(data)
        except target.refusals:
            refused += 1
        except Exception as error:
            raise FuzzError(f"input {number} of seed {seed}: {type(error).__name__}: {error}\n{data.hex()}") from error
    return Result(count, count - refused, refused, time.perf_counter() - start)


def load_target(name: str) -> Target:
    """The target of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in TARGETS:
        raise ValueError(f"unknown parser {name!r}; known {sorted(TARGETS)}")
    module, _, function = TARGETS[name].partition(":")
    return getattr(importlib.import_module(module), function)()


def fuzz(parsers: tuple[str, ...] = (), count: int = 100_000, seed: int = 0) -> int:
    """Feed mutated packets to the parsers of the devices' protocols; any crash is an error.

    Args:
        parsers: which; none: all.
        count: packets for each.
        seed: of the mutations.
    """
    for name in parsers or TARGETS:
        result = run(load_target(name), count, seed)
        print(
            f"{name:19} {result.count} mutated packets in {result.seconds:.1f} s: "
            f"{result.accepted} accepted, {result.refused} refused, none crashed it",
            flush=True,
        )
    return 0
