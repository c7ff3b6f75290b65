"""What the tests of the page share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import Stage, rehearsed

SOURCES = Path(__file__).parents[2] / "src"
sys.path[:0] = [str(SOURCES / name / "test") for name in ("inhand_data", "inhand_vision")]  # makers of bags


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A page that is fed by the rehearsal, with a visitor in a real browser."""
    with rehearsed() as stage:
        yield stage
