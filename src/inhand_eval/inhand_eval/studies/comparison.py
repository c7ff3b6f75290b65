"""The body of a study: every variant of a recipe trained within one budget, and scored under every condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inhand_eval.studies.runs import STUDY, hold_settings, learning_curve, scored, trained_weights, write_json
from inhand_eval.studies.variants import sized, within
from inhand_eval.trials import Protocol
from inhand_training.config import TrainingConfig, load_training

Say = Callable[[str], None]


@dataclass(frozen=True)
class Budget:
    """What each variant of a study gets.

    Attributes:
        config: the recipe.
        steps: environment steps of 80 ms for each variant; 0: as the recipe says.
        batch: rows a rank; 0: as the recipe says.
        ranks: data-parallel processes; 0: one a core.
        seed: of training and evaluation.
        trials: trials of each score.
        timeout_s: time for a goal in them [s].
        deterministic: the mean actions in them, or drawn ones.
    """

    config: str
    steps: int
    batch: int
    ranks: int
    seed: int
    trials: int
    timeout_s: float
    deterministic: bool


def recipe(budget: Budget) -> TrainingConfig:
    """The recipe within the budget."""
    training = load_training(budget.config, {"seed": budget.seed, "ranks": budget.ranks})
    return within(sized(training, budget.batch), budget.steps)


def compare(
    budget: Budget,
    variants: Mapping[str, TrainingConfig],
    environments: Sequence[str],
    folder: Path,
    say: Say = print,
) -> dict[str, Any]:
    """Trains the variants one after another and scores each under every randomisation.

    What is done is not done again, and study.json holds it as soon as it is there: an interrupted study goes on.

    Args:
        budget: of each.
        variants: runs by name.
        environments: randomisations to score under, as `--randomization` takes them.
        folder: of the study; a run a variant lies below it.
        say: takes a line of progress.

    Returns:
        The study: settings, and for each variant the sources' revision, its randomisation, learning curve and scores.

    Raises:
        ConfigError: the folder holds a study with other settings.
        KeyboardInterrupt: training was asked to stop; a checkpoint is there.
    """
    settings = {**asdict(budget), "variants": list(variants), "environments": list(environments)}
    hold_settings(folder, settings)
    study = {"settings": settings, "variants": {}}
    for name, training in variants.items():
        say(f"{name}: training")
        weights = trained_weights(training, folder / name, budget.config)
        curve = learning_curve(folder / name, [phase.name for phase in training.phases])
        row = {
            "revision": (folder / name / "revision.txt").read_text().strip(),
            "trained_with": {phase.name: phase.env.randomization for phase in training.phases},
            "hours": curve[-1]["hours"],
            "years": curve[-1]["years"],
            "curve": curve,
            "scores": {},
        }
        study["variants"][name] = row
        for environment in environments:
            protocol = Protocol(
                weights=str(weights),
                trials=budget.trials,
                randomization=environment,
                object="block",
                timeout_s=budget.timeout_s,
                max_goals=50,
                seed=budget.seed,
                deterministic=budget.deterministic,
                threads=0,
            )
            report = scored(protocol, folder / name / f"eval.{environment.replace(',', '+')}.json")
            row["scores"][environment] = {key: value for key, value in report.items() if key != "protocol"}
            say(f"{name} under {environment}: {report['mean']:.2f} ± {report['std']:.2f}, median {report['median']:g}")
            write_json(folder / STUDY, study)
    return study
