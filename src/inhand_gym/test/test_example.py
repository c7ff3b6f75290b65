"""The example trains with torch and Gymnasium alone: after a minute it earns more than at the start."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples"))

import gym_ppo

STARTS = {"size": 16, "random_steps": 3, "smoothing": 0.3, "seed": 5}


def test_ppo_earns_more_after_some_updates_than_at_first():
    sim = {"start_states": STARTS, "substeps": 5, "timestep": 0.016}
    rewards = gym_ppo.train(num_envs=32, horizon=16, updates=24, threads=1, overrides={"sim": sim})
    assert np.isfinite(rewards).all() and len(rewards) == 24
    assert np.mean(rewards[-10:]) > np.mean(rewards[:6])
