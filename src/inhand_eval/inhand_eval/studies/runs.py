"""What every study does: hold its settings, train variants that can be interrupted, score each of them once."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.files import write_whole
from inhand_eval.summary import summarize
from inhand_eval.trials import Protocol, described, run_trials
from inhand_training.checkpoint import find_checkpoint, read_checkpoint
from inhand_training.config import TrainingConfig
from inhand_training.export import export_run
from inhand_training.run import train
from inhand_training.runlog import log_entries

STEP_S = 0.08
"""Simulated time of an environment step [s], paper C.1."""
YEAR_S = 365.25 * 86400.0
STUDY = "study.json"


def write_json(path: Path, content: Any) -> None:
    """Writes a file as a whole, with its folder."""
    write_whole(path, json.dumps(content, indent=1) + "\n")


def hold_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Writes the settings of a study beside its results, or compares them with those that are there.

    Raises:
        ConfigError: the folder has results of other settings; the message names the first that differs.
    """
    path, settings = folder / "settings.json", json.loads(json.dumps(settings))
    if not path.is_file():
        write_json(path, settings)
        return
    held = json.loads(path.read_text())
    if different := sorted(key for key in {*held, *settings} if held.get(key) != settings.get(key)):
        key = different[0]
        raise ConfigError(
            f"{folder} has a study with {key} {held.get(key)!r}, now {settings.get(key)!r}: give another --run"
        )


def train_to_the_end(training: TrainingConfig, folder: Path, only: str | None = None) -> None:
    """Trains, or goes on with, a run; what is finished is left alone.

    Raises:
        KeyboardInterrupt: it was asked to stop, and has written a checkpoint.
    """
    names = [phase.name for phase in training.phases if only in (None, phase.name)]
    if all(_finished(folder / name) for name in names):
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        train(training, folder, only)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if not all(_finished(folder / name) for name in names):
        raise KeyboardInterrupt(f"{folder}: stopped; the same command goes on")


def trained_weights(training: TrainingConfig, folder: Path, recipe: str) -> Path:
    """Trains a run to its end and returns the file with its policy's weights.

    Raises:
        ConfigError: the run trains no policy for the hand.
    """
    train_to_the_end(training, folder)
    path = folder / "policy.safetensors"
    if not path.is_file() and not export_run(training, folder, recipe, path):
        raise ConfigError(f"{recipe}: no phase trains a policy for the hand")
    return path


def scored(protocol: Protocol, path: Path) -> dict[str, Any]:
    """Results of a protocol as `summarize` gives them, from `path` where they are there for the same weights."""
    digest = hashlib.sha256(Path(protocol.weights).read_bytes()).hexdigest()
    key = {**described(protocol), "deterministic": protocol.deterministic, "weights_sha256": digest}
    if path.is_file() and (found := json.loads(path.read_text()))["protocol"] == key:
        return found
    report = {**summarize(run_trials(protocol)), "protocol": key}
    write_json(path, report)
    return report


def learning_curve(folder: Path, phases: Sequence[str]) -> list[dict[str, float]]:
    """Hours of training, simulated years and the mean of goals in a row over the phases of a run.

    The mean is that of the newest training episodes: sampled actions, the phase's own goals and time-out.
    """
    curve, hours, steps = [], 0.0, 0.0
    for name in phases:
        part = log_entries(folder / name)
        for entry in part:
            curve.append(
                {
                    "hours": hours + entry["minutes"] / 60.0,
                    "years": (steps + entry["steps"]) * STEP_S / YEAR_S,
                    "mean_goals": entry["mean_goals"],
                    "goals_per_100": entry["goals_per_100"],
                }
            )
        if part:
            hours, steps = hours + part[-1]["minutes"] / 60.0, steps + part[-1]["steps"]
    return curve


def _finished(phase: Path) -> bool:
    checkpoint = find_checkpoint(phase)
    return checkpoint is not None and bool(read_checkpoint(checkpoint, 0)["loop"][-1])
