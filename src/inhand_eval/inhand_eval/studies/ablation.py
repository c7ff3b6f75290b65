"""Which randomisation matters: policies trained without one group each, scored under all (paper 6.3, Table 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inhand_core.graph import known_groups
from inhand_eval.studies.comparison import Budget, Say, compare, recipe
from inhand_eval.studies.runs import STUDY, write_json
from inhand_eval.studies.variants import without

PAPER = {
    "all": {"mean": 18.8, "std": 17.1, "median": 13.0},
    "none": {"mean": 1.1, "std": 1.9, "median": 0.0},
    "no_observation_noise": {"mean": 15.1, "std": 14.5, "median": 8.5},
    "no_physics": {"mean": 3.5, "std": 2.5, "median": 2.0},
    "no_unmodeled": {"mean": 3.5, "std": 4.8, "median": 2.0},
}
"""Table 4, state: goals in a row on the real robot, 10 trials (9 without randomisation)."""


def held_out() -> dict[str, tuple[str, ...]]:
    """Groups that each policy of the study is trained without, by its name."""
    groups = known_groups()
    return {"all": (), **{f"no_{group}": (group,) for group in groups}, "none": groups}


def ablation(budget: Budget, folder: Path, say: Say = print) -> dict[str, Any]:
    """The study: see `compare`. Scores are in simulation, zero-shot, with nothing, each group alone, and all."""
    base = recipe(budget)
    variants = {name: without(base, groups) for name, groups in held_out().items()}
    study = compare(budget, variants, ("none", *known_groups(), "all"), folder, say)
    study["paper_real_robot"] = PAPER
    write_json(folder / STUDY, study)
    return study
