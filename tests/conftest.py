"""Fixtures of the tests over several packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.domain import free_domain
from support.processes import Processes


@pytest.fixture(scope="module")
def domain(monkeypatch_module: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A ROS domain id of this test module's own, set for this process as well."""
    with free_domain() as number:
        monkeypatch_module.setenv("ROS_DOMAIN_ID", str(number))
        monkeypatch_module.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        monkeypatch_module.setenv("INHAND_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield number


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """`monkeypatch` for a whole module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture
def processes(tmp_path: Path, domain: int) -> Iterator[Processes]:
    """Child processes in the module's domain; all ended after the test."""
    group = Processes(tmp_path, domain)
    yield group
    group.close()
