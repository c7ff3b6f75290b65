"""Commands in documents and container files: found, and checked against what is there, without running them."""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import tyro

from inhand_bringup.registry import commands

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```(.*)$")
SHELLS = ("bash", "sh", "console")
# Words that a command in running text or in a bare fence begins with; other spans there are no commands.
BEGINS = ("inhand", "make", "ros2", "colcon", "docker", "tensorboard", "rviz2")
# Programs that are not the project's: that they exist is not ours to check.
FOREIGN = {
    "colcon",
    "docker",
    "rviz2",
    "cd",
    "echo",
    "git",
    "sudo",
    "tensorboard",
    "python",
    "pip",
    "chmod",
    "ray",
    "rosdep",
}
PLACEHOLDER = re.compile(r"^(…|\.\.\.|\[.*\]|<.*>)$")
ASSIGNMENT = re.compile(r"^[A-Z][A-Z0-9_]*=")
LAUNCH_SUFFIX = ".launch.xml"


@dataclass(frozen=True)
class Documented:
    """One command as it stands in a document.

    Attributes:
        text: the command, continuation lines joined.
        place: file:line.
        mark: second word of its fence: "hardware" (needs a device), "elsewhere" (for another machine), or "".
    """

    text: str
    place: str
    mark: str = ""


class WrongCommand(ValueError):
    """A command that would not do what the document says; the message says why."""


def documents() -> list[Path]:
    """All Markdown documents of the project but the changelog, which names things that are gone."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/*/README.md"), *ROOT.glob("*/README.md")]
    return sorted(path for path in found if path.name != "CHANGELOG.md")


def find(path: Path) -> Iterator[Documented]:
    """All commands of a document: lines of shell fences, and spans in running text that begin like one."""
    lines = path.read_text().splitlines()
    name, inside, mark, number = path.relative_to(ROOT), None, "", 0
    while number < len(lines):
        line, place = lines[number], f"{name}:{number + 1}"
        number += 1
        if fence := FENCE.match(line):
            words = fence[2].split()
            inside, mark = (None, "") if inside is not None else ((words or [""])[0], " ".join(words[1:]))
        elif inside is None:
            yield from (Documented(span, place) for span in re.findall(r"`([^`]+)`", line) if _begins(span))
        elif inside in SHELLS or (inside == "" and _begins(line)):
            while line.endswith("\\") and number < len(lines):
                line = line[:-1] + lines[number].strip()
                number += 1
            text = line.strip().removeprefix("$ ")
            if text and not text.startswith("#"):
                yield Documented(text, place, mark)


def check(text: str) -> None:
    """Checks one command line; what a pipe or && joins is checked one by one.

    Raises:
        WrongCommand: a program, sub-command, flag, file, launch argument or target that is not there.
    """
    try:
        tokens = list(shlex.shlex(text, posix=True, punctuation_chars=True))
        words = shlex.split(text, comments=True)
    except ValueError as error:
        raise WrongCommand(str(error)) from error
    if any(token in ("&&", "||", "|", ";") for token in tokens):
        for part in re.split(r"\s(?:&&|\|\||\||;)\s", text):
            check(part)
        return
    words = [word for word in words if word != "&"]
    while words and ASSIGNMENT.match(words[0]):
        words = words[1:]
    if not words or words[0] == "export" or "…" in words[:2]:
        return
    _program(words)


def _begins(text: str) -> bool:
    words = text.split()
    return len(words) > (2 if words and words[0] == "ros2" else 1) and words[0] in BEGINS  # `ros2 bag` is but a name


def _program(words: list[str]) -> None:
    checks = {"make": _make, "inhand": _inhand, "ros2": _ros2, "source": _source, ".": _source, "pytest": _paths}
    program, arguments = words[0], []
    for word in words[1:]:
        if not PLACEHOLDER.match(word):
            arguments.append(word)
        elif arguments and arguments[-1].startswith("--"):
            arguments.pop()  # a flag whose value is left open
    if program in checks:
        checks[program](arguments)
    elif "/" in program and not program.startswith(("/", "~", "$")):
        if not (ROOT / program).exists():
            raise WrongCommand(f"no {program}")
    elif program not in FOREIGN:
        raise WrongCommand(f"unknown program {program!r}")


def _source(arguments: list[str]) -> None:
    if not arguments[0].startswith(("/", "~", "$")) and not (ROOT / arguments[0]).exists():
        raise WrongCommand(f"no {arguments[0]}")


def _paths(arguments: list[str]) -> None:
    for argument in arguments:
        if not argument.startswith("-") and not (ROOT / argument.partition("::")[0]).exists():
            raise WrongCommand(f"no {argument}")


def _make(arguments: list[str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    given = {key: value for key, _, value in (word.partition("=") for word in arguments if "=" in word)}
    named = [word for word in arguments if "=" not in word and not word.startswith("-") and word != "|"]
    for target in named:
        if target not in targets:
            raise WrongCommand(f"make has no target {target!r}; it has {sorted(targets)}")
    if "sim" in named and "ARGS" in given:
        launch("sim.launch.xml", shlex.split(given["ARGS"]))
    if "bench" in named and "ARGS" in given:
        for bench in given["ARGS"].split():
            _inhand(["bench", bench])


def _inhand(arguments: list[str]) -> None:
    if arguments in ([], ["--help"]):
        return
    if arguments in (["sim", "--help"], ["--version"]):
        return
    if arguments[0] == "sim":
        launch("sim.launch.xml", arguments[1:])
        return
    for command in commands():
        size = len(command.words)
        if tuple(arguments[:size]) == command.words:
            _flags(command, arguments[size:])
            return
    if len(arguments) == 1 and any(command.words[0] == arguments[0] for command in commands()):
        return
    raise WrongCommand(f"inhand has no {' '.join(arguments[:2])!r}")


def _flags(command, arguments: list[str]) -> None:
    if not arguments or "--help" in arguments:
        return
    function = command.entry.load()

    @functools.wraps(function)
    def nothing(*_: object, **__: object) -> None:
        """Takes what the command takes, and does nothing."""

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            tyro.cli(nothing, args=arguments)
        except SystemExit as error:
            if error.code:
                raise WrongCommand(f"inhand {' '.join(command.words)} {arguments}: {said.getvalue()[-800:]}") from error


def _ros2(arguments: list[str]) -> None:
    if arguments[0] == "launch":
        if arguments[1] == "inhand_bringup":
            launch(arguments[2], [word for word in arguments[3:] if not word.startswith("-")])
        else:
            launch(Path(arguments[1]).name, [word for word in arguments[2:] if not word.startswith("-")])
        return
    module = importlib.import_module(f"ros2_lite.{'bag.command' if arguments[0] == 'bag' else arguments[0]}")
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.add_arguments(parser)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parser.parse_args(arguments[1:])
        except (SystemExit, argparse.ArgumentError) as error:
            raise WrongCommand(f"ros2 {' '.join(arguments)}: {said.getvalue() or error}") from error


def launch(file: str, arguments: list[str]) -> None:
    """Checks the arguments of a launch file: declared, and among the choices where there are some.

    Raises:
        WrongCommand: naming what is wrong.
    """
    path = ROOT / "launch" / file
    if not file.endswith(LAUNCH_SUFFIX) or not path.is_file():
        raise WrongCommand(f"no launch file {file}; there are {sorted(p.name for p in path.parent.glob('*.xml'))}")
    declared = {node.get("name"): node for node in ElementTree.parse(path).getroot().findall("arg")}
    for word in arguments:
        if not word.strip("…[]"):
            continue
        name, separator, value = word.partition(":=")
        if not separator or name not in declared:
            raise WrongCommand(f"{file}: {word!r} is no argument; there are {sorted(declared)}")
        choices = [choice.get("value") for choice in declared[name].findall("choice")]
        if choices and value != "…" and value not in choices:
            raise WrongCommand(f"{file}: {name} is one of {choices}, not {value!r}")
