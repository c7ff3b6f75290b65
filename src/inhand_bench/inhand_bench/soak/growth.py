"""What processes hold - memory, file descriptors, threads - and whether it grows; no ROS calls here."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inhand_core.machine import name_of

MEMORY_MB = 8.0
"""More memory than this [MiB], by the slope over the time that is judged, is growth: less are heaps that settle. A
message of 240 a second that leaves 20 bytes behind gives as much in half an hour."""
HANDLES = 3.0
"""More file descriptors or threads than this are growth."""
HOUR_S = 3600.0


@dataclass(frozen=True)
class Held:
    """What a process holds at a time.

    own_mb: memory of its own, such as heaps and stacks [MiB]. pss_mb: with its share of the files that it has in memory
    together with others (PSS) [MiB]. rss_mb: all that it has in memory (RSS) [MiB]. files: open file descriptors.
    """

    at_s: float
    own_mb: float
    pss_mb: float
    rss_mb: float
    files: int
    threads: int


JUDGED = {"own_mb": MEMORY_MB, "files": HANDLES, "threads": HANDLES}
"""What may not grow, and by how much it may. PSS is not judged: it changes by what other programs have in memory."""


def read(pid: int, at_s: float) -> Held | None:
    """What a process holds now; None where it is gone."""
    folder = Path(f"/proc/{pid}")
    with contextlib.suppress(OSError, KeyError, ValueError, IndexError):
        kilobytes = dict(_pairs((folder / "smaps_rollup").read_text().splitlines()[1:]))
        threads = dict(_pairs((folder / "status").read_text().splitlines()))["Threads"]
        files = len(os.listdir(folder / "fd"))
        own, pss, rss = (kilobytes[name] / 1024 for name in ("Anonymous", "Pss", "Rss"))
        return Held(at_s, own, pss, rss, files, threads)
    return None


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    for line in lines:
        key, _, value = line.partition(":")
        number = value.split()
        if number and number[0].isdigit():
            yield key, int(number[0])


class Soaked:
    """What all processes of a launch have held, by process.

    Attributes:
        held: by (name, process id).
    """

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], list[Held]] = defaultdict(list)
        self._names: dict[int, str] = {}

    def look(self, pids: Iterable[int], at_s: float) -> None:
        """Reads what processes hold now."""
        for pid in pids:
            if (found := read(pid, at_s)) is not None:
                self.held[self._names.setdefault(pid, name_of(pid)), pid].append(found)

    def growth(self, warm_up_s: float) -> list[str]:
        """What has grown, or was restarted, in words; empty where all is well.

        Args:
            warm_up_s: what is held before is not judged [s].
        """
        found = []
        end_s = max((row[-1].at_s for row in self.held.values()), default=0.0)
        for (name, pid), rows in sorted(self.held.items()):
            judged = [row for row in rows if row.at_s >= warm_up_s]
            if len(judged) < 3:
                continue
            if rows[-1].at_s < end_s or judged[0].at_s > warm_up_s + 0.5 * (end_s - warm_up_s):
                found.append(f"{name} ({pid}) has ended or was restarted")
            for key, room in JUDGED.items():
                if (grown := slope(judged, key) * (judged[-1].at_s - judged[0].at_s)) > room:
                    found.append(f"{name}: {key} grew by {grown:.1f}, more than {room:g}")
        return found

    def table(self, warm_up_s: float) -> str:
        """Start, end and slope of each process, in Markdown."""
        titles = ("process", "own [MiB]", "slope [MiB/h]", "PSS [MiB]", "RSS [MiB]", "files", "slope [1/h]", "threads")
        lines = [titles, ("---",) * len(titles)]
        for (name, _), rows in sorted(self.held.items()):
            judged = [row for row in rows if row.at_s >= warm_up_s] or rows
            first, last = judged[0], judged[-1]
            lines.append((
                name,
                f"{first.own_mb:.1f} → {last.own_mb:.1f}",
                _hourly(judged, "own_mb"),
                f"{first.pss_mb:.1f} → {last.pss_mb:.1f}",
                f"{first.rss_mb:.1f} → {last.rss_mb:.1f}",
                f"{first.files} → {last.files}",
                _hourly(judged, "files"),
                f"{first.threads} → {last.threads}",
            ))  # fmt: skip
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def slope(rows: list[Held], key: str) -> float:
    """Least squares' slope of a quantity [unit/s]; 0 for fewer than two times."""
    times = np.array([row.at_s for row in rows])
    values = np.array([float(getattr(row, key)) for row in rows])
    if len(rows) < 2 or np.ptp(times) == 0.0:
        return 0.0
    return float(np.polyfit(times - times.mean(), values, 1)[0])


def _hourly(rows: list[Held], key: str) -> str:
    return f"{round(HOUR_S * slope(rows, key), 1) + 0.0:+.1f}"
