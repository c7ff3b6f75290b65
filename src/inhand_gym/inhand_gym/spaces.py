"""Spaces of the environments, with the bounds that the observation blocks state."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from gymnasium import spaces

from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.observation import check_blocks, find_block


def observation_space(blocks: Iterable[str]) -> spaces.Box:
    """Box (n,) float32 of observation blocks in their order."""
    chosen = [find_block(name) for name in check_blocks(blocks)]
    low, high = (np.concatenate([np.full(b.size, b.range[side], np.float32) for b in chosen]) for side in (0, 1))
    return spaces.Box(low, high, dtype=np.float32)


def action_space(discrete: bool) -> spaces.Box | spaces.MultiDiscrete:
    """Box (20,) float32 in [-1, 1]; or the 11 bins of each actuator."""
    if discrete:
        return spaces.MultiDiscrete(np.full(N_ACTUATORS, N_BINS))
    return spaces.Box(-1.0, 1.0, (N_ACTUATORS,), np.float32)
