"""Shared by the tests of this package."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: several threads only wait for one another

import numpy as np
import pytest
import torch

from inhand_core.signals import Fingertips, Goal, ObjectPose, Trial, TrialState

torch.set_num_threads(1)


def pose(position, orientation=(0.0, 0.0, 0.0, 1.0), valid=True, age=0.0) -> ObjectPose:
    """An object pose of B rows from broadcast values."""
    position = np.atleast_2d(np.asarray(position, float))
    batch = len(position)
    orientation = np.broadcast_to(np.asarray(orientation, float), (batch, 4)).copy()
    return ObjectPose(
        position, orientation, np.broadcast_to(valid, (batch,)).copy(), np.broadcast_to(float(age), (batch,)).copy()
    )


def policy_inputs(batch: int, rng: np.random.Generator, state: int = TrialState.RUNNING) -> dict:
    """Plausible inputs of a policy."""
    quaternion = rng.normal(size=(2, batch, 4))
    quaternion /= np.linalg.norm(quaternion, axis=-1, keepdims=True)
    none = np.zeros(batch, np.int64)
    return {
        "fingertips": Fingertips(rng.normal(size=(batch, 5, 3)), np.ones((batch, 5), bool), np.zeros((batch, 5))),
        "object_pose": pose(rng.normal(size=(batch, 3)), quaternion[0]),
        "goal": Goal(none, none, quaternion[1]),
        "trial": Trial(none, none, np.full(batch, state), none),
    }


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(7)
