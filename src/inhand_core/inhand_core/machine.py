"""Who uses the cores of this machine: CPU time of processes, read from /proc."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
OTHERS = 0.1
"""Part of the cores that others may use while something is measured."""
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


def by_name(used: dict[int, float]) -> dict[str, float]:
    """Cores by program, from cores by process, the busiest first."""
    found: dict[str, float] = {}
    for pid, cores in used.items():
        name = name_of(pid)
        found[name] = found.get(name, 0.0) + cores
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def load() -> float:
    """Processes that ran or wanted to, on average over the last minute."""
    return os.getloadavg()[0]


def used_by_all() -> float:
    """CPU time [s] that all processes together have used since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle, waiting, stolen = fields[3], fields[4], fields[7]
    return (sum(fields[:8]) - idle - waiting - stolen) / _TICKS


def descendants(pid: int) -> set[int]:
    """A process, its children, and theirs, as far as they are still there."""
    parents = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found, before = {pid}, set()
    while found != before:
        before = set(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


class Alone:
    """Whether this process and its children had the machine to themselves, from construction on."""

    def __init__(self) -> None:
        self._before = self._read()

    def mark(self) -> str:
        """What to write beside figures that were taken meanwhile; empty where nobody else used the cores much."""
        now = self._read()
        elapsed = max(now[0] - self._before[0], 1e-9)
        others = (now[1] - self._before[1] - (now[2] - self._before[2])) / elapsed
        return marked(others, usable_cores())

    @staticmethod
    def _read() -> tuple[float, float, float]:
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return time.monotonic(), used_by_all(), own


def marked(others: float, cores: int) -> str:
    """A line for figures that were taken while others used this many of the `cores`; empty where they are few."""
    if others <= OTHERS * cores:
        return ""
    return (
        f"MARKED: others used {others:.2f} of {cores} cores meanwhile (load {load():.1f}); "
        "these are not the figures of a machine of one's own"
    )


@contextlib.contextmanager
def busy_loops(count: int, cores: Iterable[int] | None = None) -> Iterator[list[int]]:
    """So many processes that do nothing but use `cores` (default: all that may be used); their ids."""
    chosen = {*cores} if cores is not None else os.sched_getaffinity(0)
    loop = f"import os\nos.sched_setaffinity(0, {chosen!r})\nwhile os.getppid() == {os.getpid()}: sum(range(100000))"
    loops = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(count)]
    try:
        yield [process.pid for process in loops]
    finally:
        for process in loops:
            process.kill()
            process.wait()
