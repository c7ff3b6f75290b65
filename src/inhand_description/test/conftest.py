"""Shared models; compiled once."""

import mujoco
import pytest

from inhand_description import ModelConfig, build_model


@pytest.fixture(scope="session")
def hand() -> mujoco.MjModel:
    """The hand alone, with servos, at a fine step."""
    return build_model(ModelConfig(object="none", timestep=0.001))


@pytest.fixture(scope="session")
def block() -> mujoco.MjModel:
    """Hand and block as trained: servos, 8 ms."""
    return build_model(ModelConfig(object="block"))
