"""A disk that fills up under a recorder."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inhand_bench.faults.system import System, program, require
from inhand_data.bags import open_bag
from inhand_interfaces.msg import ControllerStatus


def full_disk(system: System) -> str:
    """A second recorder on a disk that fills up: it says so, its bag opens, the system runs on.

    The disk is a small one of its own, where this process may mount one; else the recorder is told to leave more free
    than there is.
    """
    then, place = time.monotonic(), system.folder / "small_disk"
    with small_disk(place) as real:
        room = 0.0 if real else float(shutil.disk_usage(place).free // 2**20 + 10_000)
        words = [f"bag:={place / 'full'}", f"keep_free_mb:={room}", "compression:=none"]
        command = [program("inhand_ros", "recorder_node"), "--ros-args", "-r", "__node:=recorder_of_a_full_disk"]
        recorder = system.start("full_disk", [*command, *(word for p in words for word in ("-p", p))])
        full = lambda: re.search(r"No space left on device|less than \d+ MiB", system.log("full_disk"))  # noqa: E731
        system.wait(lambda: full() or recorder.poll() is not None, "word of the full disk")
        time.sleep(1.0)
        if recorder.poll() is None:
            recorder.send_signal(signal.SIGINT)
            recorder.wait(60.0)
        require(ControllerStatus.RUNNING in system.modes(then), "the system did not run on")
        said = full()
        require(said, f"it ended and did not say why: {system.log('full_disk')[-300:]}")
        with open_bag(place / "full") as bag:
            held = sum(1 for _ in bag.entries())
    require(held > 100 or not real, f"{held} messages in the bag")
    kind = "a disk of its own" if real else "as good as full: mounting a small disk needs root"
    return f"{kind}; said {said and said[0]!r}; the bag opens, with {held} messages"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A folder on a disk of 16 MiB; whether that could be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    mounted = False
    with suppress(FileNotFoundError):
        mounted = subprocess.run(mount, capture_output=True, timeout=30, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], timeout=30, check=False)
