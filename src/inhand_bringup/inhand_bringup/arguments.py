"""Arguments of the launch files, checked by name and by value before any process starts.

Names, choices and defaults are those of the launch file. What its choices cannot say (numbers, lists, files) is said
here, by the argument's name, which means the same in every launch file.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from inhand_core.config import ConfigError, read_yaml
from inhand_core.graph_spec import resolve_groups
from inhand_core.paths import config_file, own_folders, resource_root
from inhand_core.task import load_task

CHECKED = "INHAND_ARGUMENTS_CHECKED"
"""Set to "yes" by who has checked them before, so that the launch file does not do it once more."""
DEVICES = ("phasespace", "hand", "cameras")
TRUE = ("true", "True", "TRUE", "1", "yes")
"""What the launch files take for true."""


class ArgumentError(ConfigError):
    """A launch argument that cannot be meant; the message names it and what would be valid, in one line."""


@dataclass(frozen=True)
class Argument:
    """One argument of a launch file: name, default (None: it must be given), values to choose from, text."""

    name: str
    default: str | None
    choices: tuple[str, ...]
    description: str


def launch_file(name: str) -> Path:
    """A launch file of this project, installed or in the source checkout.

    Raises:
        ArgumentError: there is none of that name.
    """
    folders = [root / "launch" for root in (resource_root(), *own_folders())]
    for folder in folders:  # $INHAND_ROOT may hold configuration alone
        if (folder / name).is_file():
            return folder / name
    known = sorted({path.name for folder in folders for path in folder.glob("*.launch.xml")})
    raise ArgumentError(f"no launch file {name!r}; known {known}")


def read_arguments(path: Path) -> dict[str, Argument]:
    """The arguments that a launch file declares, by name."""
    found = {}
    for element in ElementTree.parse(path).getroot().findall("arg"):
        choices = tuple(choice.attrib["value"] for choice in element.findall("choice"))
        name = element.attrib["name"]
        found[name] = Argument(name, element.get("default"), choices, element.get("description", ""))
    return found


def check_arguments(words: Iterable[str], path: Path) -> dict[str, str]:
    """The arguments given as NAME:=VALUE; of two with one name the last counts.

    Raises:
        ArgumentError: a word of another form, an unknown name, or a value that cannot be meant.
    """
    known, given = read_arguments(path), {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or not name:
            raise ArgumentError(f"{word!r} is no argument: give NAME:=VALUE, such as duration:=30")
        if name not in known:
            raise ArgumentError(f"unknown argument {name!r}{meant(name, known) or f'; known {sorted(known)}'}")
        given[name] = value
    for name, value in given.items():
        _check_value(known[name], value)
    recorded = given.get("record", known["record"].default or "" if "record" in known else "true") in TRUE
    if recorded and given.get("bag") and Path(given["bag"]).expanduser().exists():
        raise ArgumentError(f"bag: {given['bag']!r} exists; give a folder that does not")
    return given


def meant(name: str, known: Iterable[str]) -> str:
    """ ", did you mean …?" where one of the names is near; else ""."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f", did you mean {near[0]!r}?" if near else ""


def _check_value(argument: Argument, value: str) -> None:
    name = argument.name
    if not value and argument.default != "" and name not in MAY_BE_EMPTY:
        raise ArgumentError(f"{name}: no value is given{_choices(argument)}")
    if argument.choices:
        if value not in argument.choices:
            names = [choice for choice in argument.choices if choice not in ("True", "TRUE", "False", "FALSE")]
            raise ArgumentError(f"{name}: {value!r} is not one of {names}{meant(value, names)}")
    elif value and name in CHECKS:
        try:
            CHECKS[name](value)
        except (ConfigError, ValueError) as error:
            raise ArgumentError(f"{name}: {error}") from error


def _choices(argument: Argument) -> str:
    return f"; one of {list(argument.choices)}" if argument.choices else ""


def _number(least: float, unit: str, strict: bool = False, whole: bool = False, most: float = math.inf) -> Callable:
    """A check of a number in [least, most], or above `least` where `strict`."""
    kind = "a whole number" if whole else "a number"
    bounds = f"> {least:g}" if strict else f">= {least:g}" if math.isinf(most) else f"in [{least:g}, {most:g}]"

    def check(value: str) -> None:
        try:
            number = float(int(value)) if whole else float(value)
        except ValueError:
            raise ArgumentError(f"expected {kind}{unit}, found {value!r}") from None
        if not (least < number if strict else least <= number <= most) or not math.isfinite(number):
            raise ArgumentError(f"must be {bounds}{unit}, is {value}")

    return check


def _devices(value: str) -> None:
    if unknown := [name for name in _listed(value) if name not in DEVICES]:
        raise ArgumentError(f"unknown device {unknown[0]!r}{meant(unknown[0], DEVICES)}; known {list(DEVICES)}")


def _groups(value: str) -> None:
    resolve_groups(value, read_yaml(config_file("randomization"))["groups"])


def _object(value: str) -> None:
    shipped = sorted(path.stem for path in (resource_root() / "config/objects").glob("*.yaml"))
    if value not in shipped and not Path(value).expanduser().is_file():
        raise ArgumentError(f"{value!r} is neither one of {shipped} nor a file{meant(value, shipped)}")


def _file(value: str) -> None:
    """A file as it is, or below the project's folder, as weights are looked for."""
    path = Path(value).expanduser()
    if "$(" in value or path.is_file() or (resource_root() / value).is_file():
        return
    folder = path.parent if path.parent.is_dir() else resource_root() / "weights"
    there = sorted(entry.name for entry in (resource_root() / "weights").glob(f"*{path.suffix or '.safetensors'}"))
    raise ArgumentError(f"no file {value!r}{meant(path.name, there)}; in {folder.name}/ there are {there}")


def _folder(value: str) -> None:
    if "$(" not in value and not Path(value).expanduser().is_dir():
        raise ArgumentError(f"no folder {value!r}")


def _server(value: str) -> None:
    _, separator, port = value.partition(":")
    if separator:
        _number(1, "", whole=True, most=65535)(port)


def _namespace(value: str) -> None:
    if not re.fullmatch(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", value, re.ASCII) or "__" in value:
        raise ArgumentError(
            f"{value!r} is no ROS namespace: words of letters, digits and _ with / between, such as left"
        )


def _prefix(value: str) -> None:
    if not re.fullmatch(r"[A-Za-z]\w*(/\w+)*/?", value, re.ASCII):
        raise ArgumentError(f"{value!r} cannot begin a frame's name: letters, digits, _ and /, such as left_")


def _client(value: str) -> None:
    if value not in ("builtin", "vendor"):
        raise ArgumentError(f"{value!r} is not one of ['builtin', 'vendor']")


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


CHECKS: dict[str, Callable[[str], None]] = {
    "duration": _number(0, " s"),
    "speed": _number(0, ""),
    "patience": _number(0, " s", strict=True),
    "goal_timeout": _number(0, " s", strict=True),
    "oscillate_s": _number(0, " s", strict=True),
    "seed": _number(0, "", whole=True, most=2**31 - 1),
    "port": _number(1, "", whole=True, most=65535),
    "emulate": _devices,
    "randomization": _groups,
    "task": lambda value: load_task(value) and None,
    "object": _object,
    "weights": _file,
    "vision_weights": _file,
    "hand_tables": _file,
    "sim_hall_tables": _file,
    "sim_calibration": _file,
    "camera_calibration": _folder,
    "phasespace_server": _server,
    "phasespace_client": _client,
    "namespace": _namespace,
    "prefix": _prefix,
}
"""Checks of the values that a launch file gives no choices for."""
MAY_BE_EMPTY = ("prefix",)
"""Arguments that have a default, and to which nothing may be given all the same."""


def described(path: Path) -> str:
    """The arguments of a launch file as a table for people: name, default, values, text."""
    lines = []
    for argument in read_arguments(path).values():
        choices = [choice for choice in argument.choices if choice not in ("True", "TRUE", "False", "FALSE", "1", "0")]
        values = " | ".join(choices) if choices else "…"
        default = "" if not argument.default or "$(" in argument.default else f"  [{argument.default}]"
        lines += [f"  {argument.name}:={values}{default}", f"      {argument.description}"]
    return "\n".join(lines)


def main() -> int:
    """The program that launch files run first: checks the command line of the launch that started it.

    Exit code 0 where it is right, or where the launch was not started by a command line (included, or from Python).
    """
    words = Path(f"/proc/{os.getppid()}/cmdline").read_bytes().decode(errors="replace").split("\0")
    name = sys.argv[1]
    place = next((index for index, word in enumerate(words) if Path(word).name == name), None)
    if place is None:
        return 0
    try:
        check_arguments([word for word in words[place + 1 :] if ":=" in word], launch_file(name))
    except ConfigError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0
