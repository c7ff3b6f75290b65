"""`inhand doctor`: does this machine have what the system needs?"""

from __future__ import annotations

import json as json_format
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from inhand_bringup.doctor import dds, devices, graph, load, machine, software
from inhand_bringup.doctor.finding import ERROR, LEVELS, OK, WARNING, Finding

WIDTH = 150
"""Of the table where the output is no terminal [characters]."""
COLORS = {OK: "green", WARNING: "yellow", ERROR: "bold red"}


def doctor(only: tuple[str, ...] = (), json: bool = False, folder: Path = Path()) -> int:
    """Check this machine: Python, ROS, DDS, load, real-time rights, GPU, renderers, devices, weights, clock, disk.

    Prints a table with what to do about each finding; the exit code is 1 when one of them is an error.

    Args:
        only: run these checks alone: python, ros, libraries, dds, graph, load, real-time, gpu, renderers, cameras,
            hand, weights, clock, disk.
        json: print one JSON object instead of the table.
        folder: where bags are recorded to, for the disk's speed.
    """
    checks = all_checks(folder)
    if unknown := sorted(set(only) - set(checks)):
        raise ValueError(f"unknown checks {unknown}; known {list(checks)}")
    found = [(name, finding) for name in only or checks for finding in guarded(checks[name])]
    worst = max((finding.level for _, finding in found), key=LEVELS.index, default=OK)
    if json:
        rows = [{"check": name, **asdict(finding)} for name, finding in found]
        print(json_format.dumps({"worst": worst, "findings": rows}, indent=1))
    else:
        show(found, worst)
    return 1 if worst == ERROR else 0


def all_checks(folder: Path) -> dict[str, Callable[[], Iterator[Finding]]]:
    """Every check by its name, in the order of the table."""
    return {
        "python": software.python,
        "ros": software.ros,
        "libraries": software.libraries,
        "dds": dds.check,
        "graph": graph.check,
        "load": load.check,
        "real-time": machine.real_time,
        "gpu": machine.gpu,
        "renderers": devices.renderers,
        "cameras": devices.cameras,
        "hand": devices.hand,
        "weights": devices.weights,
        "clock": machine.clock,
        "disk": partial(machine.disk, folder),
    }


def guarded(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check; one that cannot be made on this machine is a finding too."""
    try:
        yield from check()
    except OSError as error:
        yield Finding(WARNING, f"could not be checked: {error}")


def show(found: list[tuple[str, Finding]], worst: str) -> None:
    """Prints the table, and a last line that says how bad it is."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("check", "", "finding", "what to do"):
        table.add_column(title, overflow="fold")
    before = ""
    for name, finding in found:
        level = f"[{COLORS[finding.level]}]{finding.level}[/]"
        table.add_row(name if name != before else "", level, _plain(finding.what), _plain(finding.remedy))
        before = name
    Console(width=shutil.get_terminal_size((WIDTH, 24)).columns).print(table)
    print(f"{worst}: {'everything is in place' if worst == OK else 'see what to do above'}")


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
