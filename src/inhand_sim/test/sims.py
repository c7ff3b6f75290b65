"""Simulators for the tests, with a small pool of start states."""

from __future__ import annotations

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_sim.realtime import RealtimeSim
from inhand_sim.training import TrainingSim

POOL = {"size": 8, "random_steps": 3, "smoothing": 0.3, "seed": 1}
ALL = ("observation_noise", "physics", "unmodeled")


def make_training(batch: int, groups=ALL, seed: int = 0, **changes) -> TrainingSim:
    raw = {**read_yaml(config_file("training_sim")), "start_states": POOL, "threads": 1, "randomization": list(groups)}
    return TrainingSim(load_config(TrainingSim.Config, {**raw, **changes}), row_seeds(seed, batch))


def make_realtime(batch: int, groups=ALL, seed: int = 0, **changes) -> RealtimeSim:
    raw = {**read_yaml(config_file("sim")), "start_states": POOL, "randomization": list(groups)}
    return RealtimeSim(load_config(RealtimeSim.Config, {**raw, **changes}), row_seeds(seed, batch))
