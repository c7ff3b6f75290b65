"""What a run leaves beside its checkpoints: resolved configuration, revision, scalars as JSON lines and TensorBoard."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from torch.utils.tensorboard import SummaryWriter

from inhand_core.config import to_mapping

SHOWN = ("minutes", "steps", "mean_goals", "median_goals", "goals_per_100", "dropped", "steps_per_s")


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
    (folder / "config.yaml").write_text(yaml.safe_dump(to_mapping(config), sort_keys=False))
    (folder / "revision.txt").write_text(revision() + "\n")


class RunLog:
    """Scalars of one phase: log.jsonl, TensorBoard events, and a line on the terminal.

    Args:
        folder: of the phase.
        phase: its name, for the terminal.
    """

    def __init__(self, folder: Path, phase: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "log.jsonl").open("a")
        self._board = SummaryWriter(str(folder))
        self._console = Console()
        self._phase = phase

    def write(self, scalars: dict[str, float]) -> None:
        """One entry; `steps` is its place on the axis."""
        self._file.write(json.dumps({k: float(f"{v:.6g}") for k, v in scalars.items()}) + "\n")
        self._file.flush()
        for key, value in scalars.items():
            self._board.add_scalar(key, value, int(scalars["steps"]))
        shown = [key for key in SHOWN if key in scalars]
        rest = [key for key in scalars if key not in shown]
        line = " ".join(f"[bold]{k}[/] {scalars[k]:.4g}" for k in shown)
        self._console.print(f"[cyan]{self._phase}[/] {line} " + " ".join(f"{k} {scalars[k]:.3g}" for k in rest))

    def note(self, text: str) -> None:
        """A line on the terminal alone."""
        self._console.print(f"[cyan]{self._phase}[/] {text}")

    def close(self) -> None:
        """Closes the files."""
        self._file.close()
        self._board.close()
