"""States to render where no rollout is at hand: start states of episodes, with the paper's augmentation of the pose."""

from __future__ import annotations

import numpy as np

from inhand_core import load_config, read_yaml, rotations
from inhand_core.paths import config_file
from inhand_core.random import RowRandom
from inhand_description import ModelConfig
from inhand_sim.cameras.augmentation import augment_poses
from inhand_sim.cameras.ranges import PoseRanges
from inhand_sim.start_states import StartStateConfig, load_start_states
from inhand_sim.worlds import NOMINAL_STEP


def start_qpos(object: str) -> np.ndarray:
    """(n, 31) qpos of the start states of config/sim.yaml for an object; made once, then cached."""
    raw = read_yaml(config_file("sim"))
    model = ModelConfig(
        object=object,
        actuation="servo",
        timestep=NOMINAL_STEP,
        locked_wrist=raw["locked_wrist"],
        cone=raw["cone"],
        iterations=raw["iterations"],
        ls_iterations=raw["ls_iterations"],
    )
    pool = load_config(StartStateConfig, raw["start_states"], "sim.yaml.start_states")
    return load_start_states(pool, model).qpos


def augment_qpos(qpos: np.ndarray, ranges: PoseRanges, random: RowRandom) -> np.ndarray:
    """States (B, 31) whose object is as it was, turned by a quarter, or jittered; see `augment_poses`."""
    position, orientation = augment_poses(qpos[:, -7:-4], rotations.wxyz_to_xyzw(qpos[:, -4:]), ranges, random)
    return np.concatenate([qpos[:, :-7], position, rotations.xyzw_to_wxyz(orientation)], axis=1)
