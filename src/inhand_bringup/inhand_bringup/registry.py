"""The commands that the project's packages offer, found without importing them.

A package registers a command as an entry point of the group `inhand.commands` in its setup.py:

    "inhand.commands": ["bench.env = inhand_bench.sim.commands:env"]

The name is "group.command", or one word for a command without a group. The value is a function whose annotated
parameters become options (tyro) and whose docstring is the help.
"""

import ast
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

GROUP = "inhand.commands"


@dataclass(frozen=True)
class Command:
    """One command: its words on the command line and where its function is."""

    words: tuple[str, ...]
    entry: EntryPoint

    @property
    def summary(self) -> str:
        """Return the first line of the function's docstring, read from its source; empty where there is none."""
        function = source_function(self.entry)
        return "" if function is None else (ast.get_docstring(function) or "").partition("\n")[0]


def source_function(entry: EntryPoint) -> ast.FunctionDef | None:
    """Return the syntax tree of an entry point's function, read from its source; None where there is none."""
    source = _source(entry)
    if source is None:
        return None
    body = ast.parse(source.read_text(encoding="utf-8")).body
    return next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == entry.attr), None)


def _source(entry: EntryPoint) -> Path | None:
    """Return the file of an entry point's module: beside its distribution's metadata, as colcon installs it."""
    if entry.dist is None:
        return None
    base = Path(str(entry.dist.locate_file(entry.module.replace(".", "/"))))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def commands() -> list[Command]:
    """Return all registered commands, sorted by their words.

    Raises:
        ValueError: two packages register the same name.
    """
    found: dict[tuple[str, ...], Command] = {}
    for entry in entry_points(group=GROUP):
        words = tuple(entry.name.split("."))
        if words in found and found[words].entry.value != entry.value:
            raise ValueError(
                f"command '{' '.join(words)}' is registered as {found[words].entry.value} and {entry.value}"
            )
        found[words] = Command(words, entry)
    return [found[words] for words in sorted(found)]
