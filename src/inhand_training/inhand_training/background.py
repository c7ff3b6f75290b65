"""Trainings that use an idle machine: a process of their own at idle priority, and what they are at in one file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.files import write_whole

STATUS, LOG = "status.json", "training.log"
_LOCK = ".lock"
_BEGIN_S = 3.0
"""How long a background run is watched for an early end [s]."""


def start(arguments: list[str], folder: Path) -> int:
    """Starts `inhand <arguments>` as a session of its own that gets the time that nobody else wants.

    The scheduling policy is SCHED_IDLE; where the kernel groups processes by session, a policy counts within the group
    alone, so that the group's own nice value is raised as well.

    Args:
        arguments: of the command line.
        folder: of the run; the output is appended to its `LOG`.

    Returns:
        The process's number.

    Raises:
        ConfigError: a run is under way there, or it ended at once; with the last line that it wrote.
    """
    if (running := process_of(folder)) is not None:
        raise ConfigError(f"{folder}: process {running} trains there; stop it with: kill {running}")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, sys.argv[0], *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_yield,
        )
    write_whole(folder / STATUS, json.dumps({"state": "starting"}))
    with contextlib.suppress(subprocess.TimeoutExpired):
        if process.wait(_BEGIN_S) != 0:
            lines = (folder / LOG).read_text().splitlines()
            raise ConfigError(f"{folder}: ended at once: {lines[-1] if lines else 'without a word'}")
    return process.pid


def _yield() -> None:
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")


def write_status(folder: Path, status: dict[str, Any]) -> None:
    """Replaces what a run says of itself; a reader never sees half of it."""
    write_whole(folder / STATUS, json.dumps({"written": time.time(), **status}))


def read_status(folder: Path) -> dict[str, Any]:
    """What a run last said of itself.

    Raises:
        ConfigError: no run has been in the folder.
    """
    path = folder / STATUS
    if not path.is_file():
        runs = sorted(str(p.parent) for p in folder.parent.glob(f"*/{STATUS}"))
        raise ConfigError(f"{folder}: no run there; beside it: {runs or 'none'}")
    return json.loads(path.read_text())


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds a run's folder for this process until it leaves, or ends in whatever way.

    Raises:
        ConfigError: another process trains there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{folder}: process {process_of(folder)} trains there already") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def process_of(folder: Path) -> int | None:
    """The number of the process that trains in a folder, None where none does."""
    with contextlib.suppress(FileNotFoundError), (folder / _LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0)
    return None
