"""`inhand bench learning`: how long a recipe takes from nothing to this many goals in a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # torch takes seconds to import, and the command line reads this file for its help
    from inhand_training.config import TrainingConfig


def learning(
    config: Path = Path("config/training/block.yaml"),
    phases: tuple[str, ...] = ("coarse", "fine"),
    goals: tuple[float, ...] = (10.0, 20.0),
    run: Path = Path("runs/bench_learning"),
    minutes: float = 90.0,
    ranks: int = 0,
    seed: int = 0,
) -> int:
    """Trains a recipe's teacher from nothing and prints when its mean of goals in a row passed each number.

    The mean is that of the newest training episodes: sampled actions, goals of any orientation, the time-out of the
    phase. Goes on where an interrupted run stopped; a run that is over is only read.

    Args:
        config: the recipe.
        phases: those of its phases that learn in a nearly nominal world.
        goals: the numbers.
        run: its folder.
        minutes: longest time in all.
        ranks: data-parallel processes; 0: one a core.
        seed: of the run.

    Returns:
        1 where a number was not reached.
    """
    from inhand_training.config import load_training
    from inhand_training.run import train

    training = load_training(config, {"ranks": ranks, "seed": seed})
    for phase in phases:
        left = minutes - sum(_minutes(run / other) for other in phases if other != phase)
        if left > 0:
            train(shortened(training, phase, left), run, phase)
    curve = list(milestones(run, phases))
    for number in goals:
        at = first_minute(curve, number)
        print(f"{number:g} goals in a row: " + ("not reached" if at is None else f"after {at:.1f} min"))
    print(f"{curve[-1][0]:.1f} min in all, {curve[-1][1]:.1f} goals in a row at the end")
    return int(first_minute(curve, max(goals)) is None)


def shortened(training: TrainingConfig, phase: str, minutes: float) -> TrainingConfig:
    """The run with a phase that ends after this many minutes at the latest."""
    from inhand_training.config import Until

    changed = [replace(p, until=Until(p.until.steps, minutes)) if p.name == phase else p for p in training.phases]
    return replace(training, phases=tuple(changed))


def milestones(run: Path, phases: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Minutes since the start of the run and mean goals in a row, 0 while goals are not of any orientation."""
    from inhand_training.runlog import log_entries

    before = 0.0
    for phase in phases:
        for entry in log_entries(run / phase):
            anywhere = entry["goal_angle"] >= math.pi - 1e-3 and entry["window"] >= 1.0
            yield before + entry["minutes"], entry["mean_goals"] if anywhere else 0.0
        before += _minutes(run / phase)


def first_minute(curve: Iterable[tuple[float, float]], goals: float) -> float | None:
    """The first minute at which the mean is at least `goals`."""
    return next((minute for minute, mean in curve if mean >= goals), None)


def _minutes(folder: Path) -> float:
    from inhand_training.runlog import log_entries

    entries = log_entries(folder)
    return entries[-1]["minutes"] if entries else 0.0
