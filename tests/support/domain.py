"""ROS domain ids that no other test run on this machine uses at the same time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Above the ids that people use by hand; up to 101 the ports lie below Linux's ephemeral ones.
FIRST, LAST = 20, 101


@contextlib.contextmanager
def free_domain() -> Iterator[int]:
    """A domain id, held by a file lock until the end of the block; the kernel drops it when the process dies.

    Raises:
        RuntimeError: all ids are in use.
    """
    folder = Path(tempfile.gettempdir()) / f"inhand_domains_{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for domain in range(FIRST, LAST + 1):
        with (folder / str(domain)).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield domain
            return
    raise RuntimeError(f"no free ROS domain id in {FIRST} … {LAST}")
