"""What a run leaves beside its checkpoints: resolved configuration, revision, scalars as JSON lines and TensorBoard."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from inhand_core.config import to_mapping
from inhand_core.files import naming, write_whole
from inhand_training.env import Counts

SHOWN = ("minutes", "steps", "goals_per_100", "drops_per_goal", "timeouts_per_goal", "mean_goals", "steps_per_s")


def revision(folder: Path | None = None) -> str:
    """The git revision of the sources, with "+changes" where files differ from it; "unknown" outside a checkout."""
    where = folder or Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        return subprocess.run(("git", "-C", str(where), *arguments), capture_output=True, text=True, check=True).stdout

    try:
        changed = git("status", "--porcelain", "--untracked-files=no").strip()
        return git("rev-parse", "HEAD").strip() + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def write_provenance(folder: Path, config: Any) -> None:
    """Writes config.yaml (resolved) and revision.txt into a new or old run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "config.yaml", yaml.safe_dump(to_mapping(config), sort_keys=False))
    write_whole(folder / "revision.txt", revision() + "\n")


CURVE = ("steps", "goals_per_100", "drops_per_goal", "timeouts_per_goal", "distillation_loss")
"""What a phase's curve is told by, as far as its log has it."""


def thinned(entries: list[dict[str, float]], points: int) -> list[dict[str, float]]:
    """At most `points` entries, evenly spread, the last among them."""
    if len(entries) <= points:
        return entries
    return [entries[round(i * (len(entries) - 1) / (points - 1))] for i in range(points)]


def curve(folder: Path, points: int = 30) -> list[dict[str, float]]:
    """The log of a phase in short, for the metadata of weights: `CURVE` at a few points, four digits each."""
    rows = thinned(log_entries(folder), points)
    return [{key: float(f"{row[key]:.4g}") for key in CURVE if key in row} for row in rows]


def log_entries(folder: Path) -> list[dict[str, float]]:
    """The log of a phase; of what was trained twice, because a checkpoint was older, the second time."""
    path = folder / "log.jsonl"
    kept: list[dict[str, float]] = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:  # half of it, of a run that was killed or whose disk was full
            continue
        while kept and kept[-1]["steps"] >= entry["steps"]:
            kept.pop()
        kept.append(entry)
    return kept


def failures_per_goal(counts: Counts) -> dict[str, float]:
    """Drops and time-outs per goal of an interval with their standard errors, and its goals; no shares without goals.

    Progress is to be read from these; episodes that begin shortly before a failure are left out of them. Failures come
    one by one at a nearly constant rate, so their number n has the standard error √n, and n per g goals
    √n/g · √(1 + n/g).
    """
    if not counts.judged:
        return {"interval_goals": 0.0}
    entries = {"interval_goals": float(counts.judged)}
    for name in ("drops", "timeouts"):
        share = getattr(counts, name) / counts.judged
        entries[f"{name}_per_goal"] = share
        entries[f"{name}_per_goal_error"] = (share * (1.0 + share) / counts.judged) ** 0.5
    return entries


def write_entries(folder: Path, entries: list[dict[str, float]]) -> None:
    """Begins the log of a phase with entries of another machine."""
    write_whole(folder / "log.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries))


class RunLog:
    """Scalars of one phase: log.jsonl, TensorBoard events, a line on the terminal, and a bar there.

    Args:
        folder: of the phase.
        phase: its name, for the terminal.
    """

    def __init__(self, folder: Path, phase: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.jsonl"
        torn = self._path.is_file() and not self._path.read_bytes().endswith(b"\n")
        self._file = self._path.open("a")
        self._file.write("\n" if torn and self._path.stat().st_size else "")
        self._board = SummaryWriter(str(folder))
        columns = (TextColumn("[cyan]{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns)
        self._progress.disable = not self._progress.console.is_terminal
        self._task = self._progress.add_task(phase, total=1.0)
        self._progress.start()
        self._phase = phase
        self._begun: tuple[float, float] | None = None
        self._left = ""

    def write(self, scalars: dict[str, float]) -> None:
        """One entry; `steps` is its place on the axis."""
        with naming(self._path):
            self._file.write(json.dumps({k: float(f"{v:.6g}") for k, v in scalars.items()}) + "\n")
            self._file.flush()
        with naming(self._path.parent):
            for key, value in scalars.items():
                self._board.add_scalar(key, value, int(scalars["steps"]))
        shown = [key for key in SHOWN if key in scalars]
        rest = [key for key in scalars if key not in shown]
        line = " ".join(f"[bold]{k}[/] {scalars[k]:.4g}" for k in shown)
        text = f"[cyan]{self._phase}[/]{self._left} {line} " + " ".join(f"{k} {scalars[k]:.3g}" for k in rest)
        self._progress.console.print(text, soft_wrap=True)

    def progress(self, fraction: float) -> None:
        """Moves the bar of a terminal to `fraction` of the phase; the next line says how long the rest takes."""
        self._progress.update(self._task, completed=min(fraction, 1.0))
        now = time.monotonic()
        self._begun = self._begun or (now, fraction)
        gained = fraction - self._begun[1]
        self._left = f" {100 * min(fraction, 1.0):.0f} %"
        if gained > 0.0 and fraction < 1.0:
            self._left += f", {(1.0 - fraction) / gained * (now - self._begun[0]) / 60.0:.0f} min left"

    def close(self) -> None:
        """Closes the files and the bar."""
        self._progress.stop()
        self._file.close()
        self._board.close()
