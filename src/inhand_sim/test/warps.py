"""The simulator on Warp's CPU device, and what its policies ask of it."""

import numpy as np
import pytest
from sims import make_training

from inhand_core.signals import HandAction

warp = pytest.importorskip("warp", reason="physics on a GPU is an option")

warp.config.log_level = warp.LOG_ERROR
warp.init()  # now, before a fixture moves the cache of compiled kernels to a folder that does not last

BATCH = 12
ROOM = {"device": "cpu", "contacts": 96, "constraints": 256, "deterministic": True}


def make_warp(batch=BATCH, **changes):
    return make_training(batch, **{"physics": "warp", "warp": ROOM, **changes})


def actions(count, batch=BATCH):
    """Smoothed random actions, as a policy gives them at first."""
    random, action = np.random.default_rng(3), np.zeros((batch, 20))
    for _ in range(count):
        action = 0.4 * action + 0.6 * random.uniform(-1, 1, (BATCH, 20))[:batch]
        yield {"action": HandAction(action, np.full((batch, 20), -1), np.zeros(batch, int))}
