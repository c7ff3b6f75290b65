"""The underlay's modules on the path, and ROS domains reserved as the tests over several packages reserve theirs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from support.domain import free_domain


@pytest.fixture(scope="module")
def ros_domain() -> Iterator[int]:
    """A free domain id, set in the environment of the module's tests."""
    with free_domain() as number, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(number))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        yield number


@pytest.fixture
def other_domain(ros_domain: int) -> Iterator[int]:
    """A second free domain id, not set anywhere."""
    with free_domain() as number:
        yield number
