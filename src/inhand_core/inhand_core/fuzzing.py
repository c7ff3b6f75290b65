"""Mutated input for parsers; what a parser neither accepts nor refuses, or what costs it too much, is a finding.

A parser takes bytes and either accepts them or refuses them with its own exception. Anything else that it raises is a
finding, reported with the bytes that caused it; so is an input that costs more CPU time than its length may. To find
what grows faster than its input, now and then a piece is repeated until the input is long.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LONG, EVERY = 1 << 16, 50
"""Every this many inputs one is made so long [bytes]."""
COST_S, COST_S_PER_BYTE = 2.0, 1e-4
"""CPU time [s] that an input may cost: far above what any needs, far below what a quadratic parser takes for it."""
_INTERESTING = (0x00, 0x01, 0x7F, 0x80, 0xFF)


@dataclass(frozen=True)
class Target:
    """A parser and what to feed it.

    Attributes:
        seeds: valid inputs that are mutated.
        parse: takes bytes; returns when it accepts them.
        refusals: the exceptions by which it refuses; none where it counts refusals instead of raising them.
        repair: puts checksums right, so that mutations reach what lies behind them; used on half of the inputs.
        longest: an input is made no longer than this [bytes].
        slow: how many times fewer inputs a run gives it than a parser of packets.
    """

    seeds: tuple[bytes, ...]
    parse: Callable[[bytes], Any]
    refusals: tuple[type[Exception], ...] = ()
    repair: Callable[[bytes], bytes] = bytes
    longest: int = LONG
    slow: int = 1


@dataclass(frozen=True)
class Result:
    """What became of a run: inputs in all, accepted and refused ones, seconds; CPU time of the dearest input [s]."""

    count: int
    accepted: int
    refused: int
    seconds: float
    dearest: float = 0.0


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


def stretched(data: bytes, length: int, draw: random.Random) -> bytes:
    """The same with a piece repeated until it is so long."""
    if not data:
        return data
    begin = draw.randrange(len(data))
    end = min(len(data), begin + draw.choice((1, 2, 4, 16, 64, 1 << 30)))
    piece = data[begin:end]
    return (data[:begin] + piece * (1 + length // len(piece)) + data[end:])[: max(length, len(data))]


def run(target: Target, count: int, seed: int = 0) -> Result:
    """Feeds `count` mutated inputs to a parser.

    Raises:
        FuzzError: the parser raised what is not one of its refusals, or took too long; the message holds the input.
    """
    start, refused, dearest = time.perf_counter(), 0, 0.0
    draw = random.Random(seed)
    for number, data in enumerate(mutations(target.seeds, count, seed)):
        data = stretched(data, target.longest, draw) if number % EVERY == EVERY - 1 else data
        data = target.repair(data) if number % 2 else data
        begun = time.thread_time()
        try:
            target.parse(data)
        except target.refusals:
            refused += 1
        except Exception as error:
            raise FuzzError(f"input {number} of seed {seed}: {type(error).__name__}: {error}\n{data.hex()}") from error
        cost = time.thread_time() - begun
        dearest = max(dearest, cost)
        if cost > COST_S + COST_S_PER_BYTE * len(data):
            words = f"{cost:.1f} s of CPU time for {len(data)} bytes"
            raise FuzzError(f"input {number} of seed {seed}: {words}\n{data[:4096].hex()}")
    return Result(count, count - refused, refused, time.perf_counter() - start, dearest)
