"""Statistics of trials, as the paper reports them (Table 3), with an interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from inhand_eval.trials import TrialResults, reason_counts

RESAMPLES = 10_000


def bootstrap_interval(values: np.ndarray, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of values (n,)."""
    picks = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    means = np.asarray(values, float)[picks].mean(axis=1)
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return float(low), float(high)


def summarize(results: TrialResults) -> dict[str, Any]:
    """Mean, standard deviation, median, interval, sorted trials, ends, and seconds per goal of finished goals.

    `seconds_per_goal` divides the simulated time of all trials by all goals; it is None where no goal was achieved.
    """
    goals = results.goals
    total = int(goals.sum())
    low, high = bootstrap_interval(goals)
    return {
        "mean": float(goals.mean()),
        "std": float(goals.std()),
        "median": float(np.median(goals)),
        "mean_interval_95": [low, high],
        "trials": sorted((int(g) for g in goals), reverse=True),
        "ends": reason_counts(results.reason),
        "seconds_per_goal": float(results.seconds.sum() / total) if total else None,
        "bad_worlds": results.bad_worlds,
    }
