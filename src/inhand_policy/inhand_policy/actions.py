"""The 11 bins of an action coordinate, and how one is chosen from logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from inhand_core.signals import N_BINS

Array = Any

ZERO_BIN = N_BINS // 2
SHARPNESS = 1.25
"""Power to which a deterministic policy raises its probabilities before it takes their mean: at 1 it stands still where
it is unsure; the higher, the more boldly it acts, and drops what it holds (docs/notebook.md)."""


def bins_to_action(bins: Array) -> Array:
    """Actions in [-1, 1] (…,) of bin indices 0 … 10; bin 5 is exactly 0.

    The paper (C.1) has "11 bins of equal size"; here they are 11 values spaced equally with both ends included, so
    that standing still and the full range are among them.
    """
    return (bins - ZERO_BIN) / ZERO_BIN


def mean_bins(logits: np.ndarray) -> np.ndarray:
    """The bins (…,) int64 nearest to the mean of softmax(SHARPNESS · logits), logits (…, 11).

    What a deterministic policy does. The likeliest bins make large, unsteady actions where a distribution is wide or
    has two tops: with them the same weights achieved a third of the goals (docs/notebook.md).
    """
    weights = np.exp(SHARPNESS * (logits - logits.max(axis=-1, keepdims=True)), dtype=np.float64)
    return np.rint(weights @ np.arange(N_BINS) / weights.sum(axis=-1)).astype(np.int64)


def sample_bins(logits: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Bins (…,) int64 drawn with probability softmax(logits), logits and uniform (…, 11); uniform in [0, 1).

    Gumbel-max: the largest of logits - log(-log(u)) is so distributed.
    """
    exponential = -np.log1p(-uniform)
    return np.argmax(logits - np.log(np.maximum(exponential, 1e-300)), axis=-1)
