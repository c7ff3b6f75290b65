"""Who uses the cores of this machine: CPU time of processes, read from /proc."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SHELLS = ("python", "python3", "bash", "sh", "env", "nice", "timeout", "node", "xvfb-run")


@dataclass(frozen=True)
class Usage:
    """CPU time [s] of every process since it started, and when it was read [s, monotonic]."""

    seconds: dict[int, float]
    read_s: float


def read_usage(processes: Iterable[int] | None = None) -> Usage:
    """CPU time of `processes`, by default of all; those that are gone are left out."""
    pids = (
        [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()] if processes is None else processes
    )
    seconds = {}
    for pid in pids:
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    return Usage(seconds, time.monotonic())


def shares(before: Usage, after: Usage) -> dict[int, float]:
    """Cores that each process has used between two readings, the busiest first."""
    elapsed = max(after.read_s - before.read_s, 1e-9)
    used = {pid: (now - before.seconds.get(pid, now)) / elapsed for pid, now in after.seconds.items()}
    return dict(sorted(used.items(), key=lambda item: -item[1]))


def name_of(pid: int) -> str:
    """What a person knows a process by: its program, or the script or module that an interpreter runs."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        words = [word for word in words if word] or [Path(f"/proc/{pid}/comm").read_text().strip()]
    except OSError:
        return str(pid)
    program = os.path.basename(words[0])
    if program.rstrip("0123456789.") in _SHELLS:
        rest = [] if "-c" in words[:3] else [word for word in words[1:] if not word.startswith("-")]
        return os.path.basename(rest[0])[:40] if rest else program
    return program[:40]


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def load() -> float:
    """Processes that ran or wanted to, on average over the last minute."""
    return os.getloadavg()[0]
