"""Variants of the task: single values of the configuration files changed together, by name (config/task.yaml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError, load_config, merge, read_yaml
from inhand_core.paths import config_file

PUBLISHED = "published"


@dataclass(frozen=True)
class Choice:
    """Another reading of something that the paper leaves open: what it says, and its values by configuration file."""

    says: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Tasks:
    """config/task.yaml: the version of what the files hold, the choices, and lists of them that have a name."""

    version: int
    choices: dict[str, Choice]
    variants: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for name, choices in self.variants.items():
            if unknown := sorted(set(choices) - set(self.choices)):
                raise ConfigError(f"variant {name!r}: unknown choices {unknown}; known {sorted(self.choices)}")


@dataclass(frozen=True)
class Task:
    """A variant.

    Attributes:
        choices: names of what differs from the configuration files.
        changes: its values by configuration file.
        name: "published", the name of a variant, or the choices joined by commas; with the version.
    """

    choices: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    name: str = PUBLISHED

    def over(self, file: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """The content of config/<file>.yaml with this task's changes laid over it."""
        return merge(content, self.changes.get(file, {}))


def load_tasks(path: str | Path | None = None) -> Tasks:
    """Reads config/task.yaml.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    path = Path(path or config_file("task"))
    return load_config(Tasks, read_yaml(path), path.name)


def load_task(selection: str | Iterable[str] = PUBLISHED) -> Task:
    """The task of a selection: a variant, one choice, or several (a list, or joined by commas).

    Raises:
        ConfigError: an unknown name; the message lists the known ones.
    """
    tasks = load_tasks()
    chosen = [s.strip() for s in selection.split(",")] if isinstance(selection, str) else list(selection)
    if len(chosen) == 1 and chosen[0] in tasks.variants:
        chosen = list(tasks.variants[chosen[0]])
    if unknown := sorted(set(chosen) - set(tasks.choices)):
        raise ConfigError(f"unknown task {unknown}; known {[*tasks.variants, *tasks.choices]}")
    choices = tuple(name for name in tasks.choices if name in chosen)
    changes: dict[str, Any] = {}
    for name in choices:
        changes = merge(changes, tasks.choices[name].changes)
    named = {tuple(sorted(content)): name for name, content in tasks.variants.items()}
    return Task(choices, changes, f"{named.get(tuple(sorted(choices)), ','.join(choices))}/{tasks.version}")
