"""What a check finds, and how a program is asked a question."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

OK, WARNING, ERROR = "ok", "warning", "error"
LEVELS = (OK, WARNING, ERROR)
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Finding:
    """The result of one check: ok, a warning (it works, but worse), or an error; with what to do about it."""

    level: str
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """What a program printed, and its last line of complaint where it failed."""

    done: bool
    text: str
    complaint: str = ""


def ask(script: str, *arguments: str, environment: dict[str, str] | None = None) -> Answer:
    """Runs a Python script in a process of its own, so that what it imports can fail, or crash, by itself."""
    command = [sys.executable, "-c", script, *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return Answer(False, "", f"no answer within {PATIENCE_S:g} s")
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    complaint = lines[-1] if lines else f"exit code {done.returncode}"
    return Answer(done.returncode == 0, done.stdout.strip(), "" if done.returncode == 0 else complaint)
