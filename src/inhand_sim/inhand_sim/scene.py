"""Where the object starts and when it counts as dropped, in the frames of the model."""

from __future__ import annotations

import mujoco
import numpy as np


def start_position(model: mujoco.MjModel) -> np.ndarray:
    return model.qpos0[-7:-4]


def is_dropped(position: np.ndarray) -> np.ndarray:
    return position[:, 2] < 0.05
