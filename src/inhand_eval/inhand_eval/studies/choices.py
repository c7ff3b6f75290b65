"""What each choice that the paper leaves open changes in goals in a row, with the same weights (docs/task.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.task import PUBLISHED, load_tasks
from inhand_eval.studies.runs import STUDY, hold_settings, scored, write_json
from inhand_eval.trials import Protocol

BEFORE = "as_before"
BEGIN, END = "<!-- inhand study task -->", "<!-- end -->"
"""Marks on a page between which the table stands."""


@dataclass(frozen=True)
class TaskStudyConfig:
    """The study: the settings that all rows share, see `Protocol`; `choices` alone are undone, or all where empty."""

    weights: str
    trials: int
    seed: int
    timeout_s: float
    randomization: str
    object: str
    choices: tuple[str, ...] = ()
    threads: int = 0


def rows(config: TaskStudyConfig) -> list[tuple[str, str]]:
    """Task and goals of each row: published, each choice alone undone, all undone; first and last face up too."""
    known = load_tasks().choices
    if unknown := sorted(set(config.choices) - set(known)):
        raise ConfigError(f"unknown choices {unknown}; known {list(known)}")
    alone = [name for name in known if name in (config.choices or known)]
    return [
        *((task, "full") for task in (PUBLISHED, *alone, BEFORE)),
        *((task, "face_up") for task in (PUBLISHED, BEFORE)),
    ]


def study_task(config: TaskStudyConfig, folder: Path, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Scores every row with the mean actions; what is done is not done again.

    Raises:
        ConfigError: the folder holds a study with other settings, or a choice is unknown.
    """
    wanted = rows(config)
    settings = {name: value for name, value in asdict(config).items() if name != "threads"}
    hold_settings(folder, {**settings, "version": load_tasks().version})
    base = Protocol(
        config.weights, config.trials, config.randomization, config.object, config.timeout_s, 50, config.seed, True, 0
    )
    study: dict[str, Any] = {"settings": settings, "rows": []}
    for task, goals in wanted:
        say(f"{task}, {goals}")
        protocol = replace(base, task=task, goals=goals, threads=config.threads)
        score = scored(protocol, folder / f"{task}_{goals}.json")
        choice = load_tasks().choices.get(task)
        study["rows"].append({"task": task, "goals": goals, "says": choice.says if choice else "", "score": score})
        write_json(folder / STUDY, study)
    return study


def markdown(study: dict[str, Any]) -> str:
    """The study as a table."""
    settings = study["settings"]
    lines = [
        f"{Path(settings['weights']).name}, {settings['trials']} trials a row, seed {settings['seed']}, "
        f"{settings['timeout_s']:g} s a goal, randomisation {settings['randomization']}, mean actions:",
        "",
        "| task | goals | in a row (95 % of the mean) | median | ends: drop, time-out | s a goal |",
        "|---|---|---|---|---|---|",
    ]
    for row in study["rows"]:
        score = row["score"]
        (low, high), ends = score["mean_interval_95"], score["ends"]
        pace = score["seconds_per_goal"]
        named = f"`{row['task']}`" + (f": {row['says']}" if row["says"] else "")
        lines.append(
            f"| {named} | {row['goals']} | {score['mean']:.1f} ({low:.1f} … {high:.1f}) | {score['median']:g} | "
            f"{ends.get('dropped', 0)}, {ends.get('timeout', 0)} | {'–' if pace is None else f'{pace:.1f}'} |"
        )
    return "\n".join(lines)


def fill(page: Path, table: str) -> None:
    """Puts a table between the marks of a page.

    Raises:
        ConfigError: the page has no marks.
    """
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError(f"{page}: no {BEGIN} … {END} to put the table between")
    page.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}")
