"""Two hosts for tests, where this machine can have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from inhand_bench.network.hosts import TwoHosts, why_not

NOT_HERE = why_not()


@pytest.fixture
def two_hosts(domain: int) -> Iterator[Callable[..., TwoHosts]]:
    """Makes two hosts joined by a wire: arguments `loss` and `delay_s`."""
    if NOT_HERE:
        pytest.skip(NOT_HERE)
    made: list[TwoHosts] = []

    def make(**options: float) -> TwoHosts:
        made.append(TwoHosts(domain, **options))
        return made[-1]

    yield make
    for hosts in made:
        hosts.close()
