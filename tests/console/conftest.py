"""What the tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stage import Stage, rehearsed


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A page that is fed by the rehearsal, with a visitor in a real browser."""
    with rehearsed() as stage:
        yield stage
