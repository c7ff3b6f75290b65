"""Goals against wall time and against simulated experience, for 1, 2, 4 … workers (paper 6.5, Figure 10)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_eval.studies.comparison import Say
from inhand_eval.studies.costs import Costs, measure
from inhand_eval.studies.projection import Cluster, project
from inhand_eval.studies.runs import (
    STUDY,
    hold_settings,
    learning_curve,
    train_to_the_end,
    write_json,
)
from inhand_eval.studies.variants import sized
from inhand_training.config import PpoPhase, TrainingConfig, Until, load_training
from inhand_training.rapid.config import RapidConfig
from inhand_training.runlog import log_entries

POINTS = 40
"""Entries of a run's log at least."""


@dataclass(frozen=True)
class ScaleConfig:
    """The study.

    Attributes:
        config: the recipe.
        phase: which of its PPO phases is trained.
        workers: numbers of rollout workers, a run each.
        minutes: of each run.
        batch: rows of a worker; 0: as the recipe says.
        seed: of all runs.
    """

    config: str
    phase: str
    workers: tuple[int, ...]
    minutes: float
    batch: int
    seed: int

    def __post_init__(self) -> None:
        if not self.workers or min(self.workers) < 1 or not self.minutes > 0:
            raise ConfigError(f"workers must be >= 1 and minutes > 0, are {list(self.workers)} and {self.minutes}")


def scale(config: ScaleConfig, folder: Path, say: Say = print) -> dict[str, Any]:
    """Measures the costs, then trains with every number of workers; an interrupted study goes on.

    As in the paper the batch grows with the workers: an update takes a chunk of each, in as many minibatches.

    Raises:
        ConfigError: there is no such PPO phase, or the folder holds a study with other settings.
        KeyboardInterrupt: training was asked to stop; a checkpoint is there.
    """
    training = sized(load_training(config.config, {"seed": config.seed, "ranks": 1}), config.batch)
    phase = _phase(training, config.phase)
    hold_settings(folder, asdict(config))
    study = load(folder) if (folder / STUDY).is_file() else {"settings": asdict(config), "runs": {}}
    if "costs" not in study:
        say("measuring costs")
        study["costs"] = {"load": os.getloadavg()[0], "cores": os.cpu_count(), **asdict(measure(phase, config.seed))}
        write_json(folder / STUDY, study)
    for workers in config.workers:
        say(f"{workers} workers: {config.minutes:g} min of training")
        run = folder / f"workers_{workers}"
        train_to_the_end(with_workers(training, phase, workers, config.minutes), run, phase.name)
        study["runs"][str(workers)] = measured(run, phase.name)
        write_json(folder / STUDY, study)
    return study


def with_workers(training: TrainingConfig, phase: PpoPhase, workers: int, minutes: float) -> TrainingConfig:
    """The run whose phase learns from this many workers for this long, a chunk of each an update."""
    ppo = replace(phase.ppo, minibatch=phase.ppo.minibatch * workers)
    changed = replace(phase, ppo=ppo, until=Until(minutes=minutes), start_from=None)
    return replace(
        training,
        log_s=min(training.log_s, minutes * 60.0 / POINTS),
        phases=(changed,),
        rapid=RapidConfig(workers, chunks=workers),
    )


def measured(run: Path, phase: str) -> dict[str, Any]:
    """Curve of a run, and medians of what its optimiser logged."""
    entries = log_entries(run / phase)
    names = ("steps_per_s", "staleness", "staleness_max", "chunk_seconds", "workers_heard")
    return {
        "revision": (run / "revision.txt").read_text().strip(),
        **{name: float(np.median([entry[name] for entry in entries])) for name in names},
        "chunks_thrown_away": entries[-1]["chunks_stale"],
        "mean_goals": entries[-1]["mean_goals"],
        "curve": learning_curve(run, [phase]),
    }


def load(folder: Path) -> dict[str, Any]:
    """A study that is there.

    Raises:
        ConfigError: there is none.
    """
    path = folder / STUDY
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; `inhand study scale` without --project measures the costs first")
    return json.loads(path.read_text())


def costs_of(study: dict[str, Any]) -> Costs:
    """The measured costs of a study."""
    values = {key: value for key, value in study["costs"].items() if key not in ("load", "cores")}
    return Costs(**{**values, "chunk_s": tuple(values["chunk_s"])})


def projected(study: dict[str, Any], numbers: Sequence[int], cluster: Cluster) -> list[dict[str, Any]]:
    """The simulation on paper for several numbers of workers, the optimisers' number in proportion to the last."""
    costs, rows = costs_of(study), []
    for workers in numbers:
        optimizers = max(1, round(cluster.optimizers * workers / cluster.workers))
        rows.append(project(costs, replace(cluster, workers=workers, optimizers=optimizers)))
    return rows


def _phase(training: TrainingConfig, name: str) -> PpoPhase:
    known = {phase.name: phase for phase in training.phases if isinstance(phase, PpoPhase)}
    if name not in known:
        raise ConfigError(f"unknown phase {name!r} of kind 'ppo'; known {list(known)}")
    return known[name]
