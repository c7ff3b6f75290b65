"""`inhand train status`: a run's phases, its curve, and when it will be through."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inhand_training.background import process_of, read_status

BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 60
SHOWN = ("goals_per_100", "drops_per_goal", "timeouts_per_goal")


def report(folder: Path) -> list[str]:
    """Lines that say what a run is at.

    Raises:
        ConfigError: no run has been in the folder.
    """
    from inhand_training.runlog import log_entries

    status, running = read_status(folder), process_of(folder)
    if "phase" not in status:
        return [f"{folder}: {'starting' if running else 'stopped before its first update'}"]
    state = f"process {running}" if running else "stopped; the same command goes on"
    if status.get("finished") and not running:
        state = "finished"
    age = time.time() - status["written"]
    lines = [f"{folder}: {state}; last word {_duration(age)} ago", f"phase {status['number']} of {status['phases']}, "
             f"{status['phase']}: {status['steps']:,} steps, {100 * status['progress']:.1f} %"]  # fmt: skip
    entries = log_entries(folder / status["phase"])
    if forecast := remaining(status):
        end = datetime.datetime.now() + datetime.timedelta(seconds=forecast)
        lines.append(f"{status['steps_per_s']:,.0f} steps/s; this phase takes {_duration(forecast)} more at that rate, "
                     f"until {end:%a %H:%M}")  # fmt: skip
    for key in SHOWN:
        points = [(e["steps"], e[key], e.get("interval_goals", 1.0)) for e in entries if key in e]
        if len(points) > 1:
            means = binned(points, CURVE_WIDTH)
            lines.append(f"{key:18} {sparkline(means)}  {means[0]:.3g} … {means[-1]:.3g}")
    return lines


def remaining(status: dict[str, Any]) -> float | None:
    """Seconds that the phase will take at the present rate; None where that is not known, or it is over."""
    progress, minutes = status["progress"], status["minutes"]
    if not 0.0 < progress < 1.0:
        return None
    if status.get("until_steps") and status["steps_per_s"] > 0.0:
        return (status["until_steps"] - status["steps"]) / status["steps_per_s"]
    return 60.0 * minutes * (1.0 - progress) / progress


def binned(points: Sequence[tuple[float, float, float]], width: int) -> list[float]:
    """Means of (steps, value, weight) in at most `width` equal parts of the steps, without empty parts."""
    first, last = points[0][0], points[-1][0]
    sums: dict[int, list[float]] = {}
    for steps, value, weight in points:
        place = min(width - 1, int(width * (steps - first) / max(1.0, last - first)))
        part = sums.setdefault(place, [0.0, 0.0])
        part[0] += weight * value
        part[1] += weight
    return [total / weight for _, (total, weight) in sorted(sums.items()) if weight > 0.0]


def sparkline(values: Sequence[float]) -> str:
    """The values as bars between their least and greatest."""
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in values)


def _duration(seconds: float) -> str:
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    if seconds < 5400.0:
        return f"{seconds / 60.0:.0f} min"
    return f"{seconds / 3600.0:.1f} h"
