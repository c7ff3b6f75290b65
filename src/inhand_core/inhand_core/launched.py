"""This process as a part of a launch: what it tells the launch's warden (`launch_warden` of inhand_control).

A launch has a folder, which $INHAND_LAUNCH names. A process that refuses its configuration says so there and the launch
ends; one that crashed is started again, by launch, and waits the longer the more often it ended soon after its start.
The real-time node follows the same rules.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

VARIABLE = "INHAND_LAUNCH"
REFUSED = 2
"""Exit code of a process that refuses its configuration."""
AWAY = 3
"""Exit code of a process whose device is not there yet: it is started again for as long as it takes."""
QUICK_S = 120.0
"""An end within so long [s] after the start counts as quick."""
FREE, MOST, LONGEST_S = 2, 7, 30.0
"""So many quick ends cost no waiting, and so many are the end; the longest waiting [s]."""


def folder() -> Path | None:
    """The folder of the launch that started this process; None where none did, or its warden has gone."""
    name = os.environ.get(VARIABLE, "")
    path = Path(name if name.startswith("/") else f"/tmp/inhand_{os.getuid()}_{name}")
    with contextlib.suppress(OSError):
        if name and path.is_dir() and path.stat().st_uid == os.getuid():
            return path
    return None


def program_name(words: Sequence[str]) -> str:
    """A program with the namespace that it is started in, by which its starts are counted: "policy_node@left"."""
    spaces = [word.removeprefix("__ns:=").strip("/") for word in words if word.startswith("__ns:=")]
    space = spaces[-1].replace("/", "_") if spaces else ""
    return Path(words[0]).name + (f"@{space}" if space else "")


def refuse(message: str) -> None:
    """Has the launch end, with this message; nothing where there is no launch."""
    line = " ".join(f"{program_name(sys.argv)}: {message}".split())
    if (place := folder()) is not None:
        with contextlib.suppress(OSError), (place / "refused").open("a") as file:
            file.write(f"{line}\n")


def forget_start() -> None:
    """This start shall not count, however soon the process ends."""
    if (place := folder()) is not None:
        with contextlib.suppress(OSError):
            (place / f"{program_name(sys.argv)}.starts").unlink(missing_ok=True)


def refusal(place: Path) -> str | None:
    """The first refusal, as "program: message"; None where nobody refused."""
    with contextlib.suppress(OSError):
        line, end, _ = (place / "refused").read_text().partition("\n")
        return line if end else None
    return None


def back_off(quick: int) -> float | None:
    """Seconds to wait before a start that so many quick ends went before; None: it shall not start again."""
    if quick >= MOST:
        return None
    return 0.0 if quick <= FREE else min(2.0 ** (quick - FREE), LONGEST_S)


def quick_ends(starts: Sequence[float], now: float) -> int:
    """How many of the last starts [s] were followed by another one soon, the one at `now` included."""
    lived = [after - start for start, after in pairwise([*starts, now])]
    return next((index for index, time_s in enumerate(reversed(lived)) if time_s >= QUICK_S), len(lived))


def note_start() -> None:
    """Notes that this program starts; waits where the starts before it were short, ends it where it had too many."""
    if (place := folder()) is None:
        return
    name = program_name(sys.argv)
    path = place / f"{name}.starts"
    with contextlib.suppress(OSError, ValueError):
        starts = [float(line) for line in path.read_text().split()] if path.exists() else []
        quick = quick_ends(starts, time.monotonic())
        if (wait := back_off(quick)) is None:
            refuse(f"it has ended {quick} times within {QUICK_S:g} s of its start: it is not started again")
            sys.exit(REFUSED)
        if wait:
            print(f"{name}: ended {quick} times soon after its start; waiting {wait:g} s", file=sys.stderr, flush=True)
            time.sleep(wait)
        with path.open("a") as file:
            file.write(f"{time.monotonic()}\n")
