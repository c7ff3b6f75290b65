"""A small disk of its own, to be filled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEBI = 1 << 20


class SmallDisk:
    """A mounted file system of a few MiB.

    Args:
        folder: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def free(self) -> int:
        """Room [bytes]."""
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Fills the disk with a file until no more than `leave` bytes are free, to the page."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            try:
                while (room := self.free - leave) > 0:
                    file.write(bytes(min(room, MEBI)))
            except OSError:
                return

    def make_room(self) -> None:
        """Takes the filling away."""
        (self.folder / "ballast").unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mounts a file system of `size` bytes; the test is skipped, with the reason, where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        pytest.skip("no `mount` on this machine: a full disk cannot be made")
    if done.returncode:
        pytest.skip(f"a full disk cannot be made: mounting one needs root ({done.stderr.strip()})")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], timeout=30, check=False)
