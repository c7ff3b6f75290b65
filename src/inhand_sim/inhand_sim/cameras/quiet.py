"""Keeps what graphics libraries print off the standard output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def standard_output_aside() -> Iterator[int]:
    """Sends what any library writes to the standard output to the standard error; gives a descriptor of the former."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield kept
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
