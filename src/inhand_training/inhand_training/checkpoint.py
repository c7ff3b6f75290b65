"""Checkpoints: a folder with one file a rank, replaced as a whole so that an interruption never leaves half of one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from inhand_core.files import naming, to_disk
from inhand_training.ranks import Ranks

HANDED_ON = "handed_on"
"""Key of a learner's averaged networks beside its networks themselves, `model`."""
_NAME, _NEW, _OLD = "checkpoint", "checkpoint.new", "checkpoint.old"


def save_checkpoint(folder: Path, content: dict[str, Any], ranks: Ranks) -> None:
    """Writes this rank's `content` and torch's random state; complete once every rank has returned.

    Raises:
        OSError: the disk refuses; the checkpoint before is as it was.
    """
    new = folder / _NEW
    if ranks.is_first:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
    ranks.barrier()
    _save({**content, "torch_random": torch.get_rng_state()}, new / f"rank_{ranks.rank}.pt")
    ranks.barrier()
    if ranks.is_first:
        if (folder / _NAME).exists():
            shutil.rmtree(folder / _OLD, ignore_errors=True)
            (folder / _NAME).rename(folder / _OLD)
        new.rename(folder / _NAME)
    ranks.barrier()


def write_checkpoint(folder: Path, contents: list[dict[str, Any]]) -> None:
    """Writes the checkpoint of all ranks at once, by one process, into a folder that has none."""
    new = folder / _NEW
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for rank, content in enumerate(contents):
        _save(content, new / f"rank_{rank}.pt")
    new.rename(folder / _NAME)


def _save(content: dict[str, Any], path: Path) -> None:
    """Writes one rank's file, and brings it to the disk before the folder has its name."""
    try:
        with naming(path):
            torch.save(content, path)
            to_disk(path)
    except OSError:  # the room is somebody else's, also while torch still has the file open
        if path.is_file():
            os.truncate(path, 0)
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


def find_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint in a phase's folder, or None."""
    return next((folder / name for name in (_NAME, _OLD) if (folder / name / "rank_0.pt").is_file()), None)


def handed_on(content: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The networks that a phase hands on, of one rank's content: their running average where it keeps one."""
    learner = content["learner"]
    return learner[HANDED_ON] if HANDED_ON in learner else learner["model"]


def read_checkpoint(checkpoint: Path, rank: int) -> dict[str, Any]:
    """One rank's content.

    Raises:
        FileNotFoundError: the checkpoint was written by fewer ranks; the message says by which.
    """
    path = checkpoint / f"rank_{rank}.pt"
    if not path.is_file():
        ranks = sorted(p.name for p in checkpoint.glob("rank_*.pt"))
        raise FileNotFoundError(f"{path}: no such file; the checkpoint holds {ranks}, resume with as many ranks")
    return torch.load(path, weights_only=False)
