"""Counter-based random numbers, one independent stream a batch row.

A component that draws for B rows must give row b the numbers that it would get alone, whatever the other rows do,
or a batched run could not be compared with a single one. Generators that walk one state through the whole array
(`numpy.random.Generator`, torch's) cannot; here a number is a hash of (row seed, stream, row counter, element).
The hash is the 64-bit finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) applied once per word.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(s) for s in (30, 27, 31, 11))


def _mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> _S30)) * _MIX1
    x = (x ^ (x >> _S27)) * _MIX2
    return x ^ (x >> _S31)


def row_seeds(seed: int, batch: int, first: int = 0) -> np.ndarray:
    """Seeds (batch,) uint64 of rows `first` and following: row b gets the same seed in a batch of any size."""
    with np.errstate(over="ignore"):
        return _mix(
            _mix(np.array([seed % 2**64], np.uint64) + _GOLDEN)
            + np.arange(first, first + batch, dtype=np.uint64) * _GOLDEN
        )


class RowRandom:
    """Random numbers for B rows; `counter` (B,) uint64 is the whole state.

    Args:
        seeds: (B,) uint64, from `row_seeds`.
        stream: a name that separates the users of one seed (a component, a link).
    """

    def __init__(self, seeds: np.ndarray, stream: str) -> None:
        self.stream = stream
        with np.errstate(over="ignore"):
            name = np.uint64(zlib.crc32(stream.encode()))
            self._key = _mix(np.asarray(seeds, np.uint64) ^ _mix(np.array([name * _GOLDEN + _MIX1], np.uint64)))
        self.counter = np.zeros(len(self._key), np.uint64)

    def uniform(self, shape: Sequence[int] = (), rows: np.ndarray | None = None) -> np.ndarray:
        """Uniform numbers in [0, 1), (B, *shape), or (len(rows), *shape) for those row indices alone."""
        return ((self._bits(shape, rows) >> _S11) * 2.0**-53).astype(np.float64)

    def normal(self, shape: Sequence[int] = (), rows: np.ndarray | None = None) -> np.ndarray:
        """Standard normal numbers, (B, *shape) or (len(rows), *shape), by Box and Muller's transform."""
        count = math.prod(shape)
        pairs = self.uniform((2, (count + 1) // 2), rows)
        radius, angle = np.sqrt(-2.0 * np.log1p(-pairs[:, 0])), 2.0 * math.pi * pairs[:, 1]
        both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return both[:, :count].reshape(len(both), *shape)

    def exponential(self, shape: Sequence[int] = (), rows: np.ndarray | None = None) -> np.ndarray:
        """Exponential numbers of mean 1, (B, *shape) or (len(rows), *shape)."""
        return -np.log1p(-self.uniform(shape, rows))

    def integers(self, high: int, shape: Sequence[int] = (), rows: np.ndarray | None = None) -> np.ndarray:
        """Integers in [0, high), (B, *shape) or (len(rows), *shape)."""
        return np.floor(self.uniform(shape, rows) * high).astype(np.int64)

    def quaternion(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Rotations uniform over SO(3), (B, 4) or (len(rows), 4), (x, y, z, w); Shoemake's method."""
        u = self.uniform((3,), rows)
        a, b = np.sqrt(1.0 - u[:, 0]), np.sqrt(u[:, 0])
        p, q = 2.0 * math.pi * u[:, 1], 2.0 * math.pi * u[:, 2]
        return np.stack([a * np.sin(p), a * np.cos(p), b * np.sin(q), b * np.cos(q)], axis=-1)

    def _bits(self, shape: Sequence[int], rows: np.ndarray | None) -> np.ndarray:
        pick = slice(None) if rows is None else rows
        count = math.prod(shape)
        with np.errstate(over="ignore"):
            word = _mix(self._key[pick] + self.counter[pick] * _GOLDEN)
            bits = _mix(word[:, None] + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * _GOLDEN)
            self.counter[pick] += np.uint64(1)
        return bits.reshape(len(word), *shape)
