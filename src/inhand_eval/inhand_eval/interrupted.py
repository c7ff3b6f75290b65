"""Long evaluations that go on where they were interrupted."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inhand_core.files import write_whole

EVERY_S = 60.0
"""Time between two savings [s]."""


class Interrupted:
    """A file beside the results that holds an evaluation under way, until it is through.

    Only a file that this machine has written itself is to be read: it is a pickle.

    Args:
        path: of the file.
        key: what is evaluated; the file of another evaluation is left alone and started over.
        every_s: time between two savings [s].
    """

    def __init__(self, path: Path, key: Any, every_s: float = EVERY_S) -> None:
        self.path, self._key, self._every_s = path, key, every_s
        self._saved = time.monotonic()

    def load(self) -> Any | None:
        """What was saved last; None where there is nothing, or it belongs to something else."""
        try:
            key, content = pickle.loads(self.path.read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError, ValueError, TypeError, AttributeError, ImportError):
            return None
        return content if key == self._key else None

    def offer(self, content: Callable[[], Any]) -> None:
        """Saves what `content` returns, if it is time for it."""
        if time.monotonic() - self._saved >= self._every_s:
            self.save(content())

    def save(self, content: Any) -> None:
        """Saves at once; a disk that refuses is said, and ends no evaluation: what was saved before is still there."""
        self._saved = time.monotonic()
        try:
            write_whole(self.path, pickle.dumps((self._key, content)))
        except OSError as error:
            print(f"going on without saving what is under way: {error}", file=sys.stderr, flush=True)
