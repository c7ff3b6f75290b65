"""Simulators of inhand_sim's tests; keeps start states in a temporary cache."""

import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), *(str(SRC / name / "test") for name in ("inhand_sim", "inhand_training"))]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """The cache folder of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
