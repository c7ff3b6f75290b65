"""Child processes of a test: found by package and name, with a log, ended without leaving any behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_prefix


def executable(name: str) -> str:
    """Path of "package/executable"."""
    package, _, program = name.partition("/")
    return str(Path(get_package_prefix(package)) / "lib" / package / program)


class Processes:
    """Starts processes in a ROS domain and ends them all at `close`.

    Args:
        folder: where each process's output goes, as <name>.log.
        domain: ROS domain id.
    """

    def __init__(self, folder: Path, domain: int) -> None:
        self.folder = folder
        self.environment = {**os.environ, "ROS_DOMAIN_ID": str(domain), "PYTHONUNBUFFERED": "1"}
        self.running: dict[str, subprocess.Popen] = {}

    def start(self, name: str, command: list[str], **environment: str) -> subprocess.Popen:
        """Starts a process in a group of its own."""
        with (self.folder / f"{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(
                command,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.running[name]

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text()

    def logs(self) -> str:
        """The ends of all logs, for a failing test's message."""
        return "\n".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        """SIGINT to all, SIGKILL to the groups of those that stay longer than 10 s."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10.0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(condition: Callable[[], Any], seconds: float, what: str | Callable[[], str]) -> Any:
    """Polls until `condition` gives something true, and returns it.

    Raises:
        AssertionError: it did not within `seconds`; `what` says what was waited for.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what if isinstance(what, str) else what()}")
