"""States that episodes start from: object on the palm in a random orientation, then 100 steps of random actions (C.1).

A pool of states in the nominal world, simulated once for each model and kept on disk under a key of everything it
depends on. Worlds that differ from it make their own (`inhand_sim.settling`).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import mujoco
import numpy as np
from mujoco.batch import Batch

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.files import replacing
from inhand_core.random import RowRandom, row_seeds
from inhand_description import ModelConfig, build_model
from inhand_sim.hand import relative_target
from inhand_sim.layout import find_layout
from inhand_sim.scene import is_dropped, start_position

_VERSION = 1
"""Raised when the way a pool is made changes, so that old files are not used."""
STEP = 0.080
"""Length of a step [s], that of the paper's environment."""
_ATTEMPTS = 100
_ROWS_PER_STATE, _MIN_ROWS, _MAX_ROWS = 6, 32, 1024
"""Rows that a pool is made with."""


@dataclass(frozen=True)
class StartStateConfig:
    """Where episodes begin.

    Attributes:
        size: number of states in the pool of the nominal world.
        random_steps: steps of 80 ms with random actions before a state is taken; dropped objects are discarded.
        smoothing: weight of a new action in the moving average of actions, as in config/smoother.yaml.
        seed: of the pool; separate from a run's seed.
        own_world: where the physics is drawn, the states are made in the episode's own world, not the nominal one.
        ahead: steps for the next episode's state that a row makes in the background in each 80 ms.
        reuse: where that state is not ready, a row that has enough worlds is given one of them again, with its start
            state; else it is finished at once.
    """

    size: int
    random_steps: int
    smoothing: float
    seed: int
    own_world: bool = True
    ahead: float = 0.0
    reuse: bool = False

    def __post_init__(self) -> None:
        if self.size < 1 or self.random_steps < 0:
            raise ConfigError(f"size must be >= 1 and random_steps >= 0, are {self.size} and {self.random_steps}")
        if not 0.0 <= self.ahead <= 100.0:
            raise ConfigError(f"ahead must be in [0, 100], is {self.ahead}")
        if not 0.0 < self.smoothing <= 1.0:
            raise ConfigError(f"smoothing must be in (0, 1], is {self.smoothing}")


@dataclass(frozen=True)
class StartStates:
    """qpos (n, nq) and qvel (n, nv) of n states."""

    qpos: np.ndarray
    qvel: np.ndarray


def load_start_states(config: StartStateConfig, model_config: ModelConfig, cache: Path | None = None) -> StartStates:
    """The pool, from the cache folder or simulated and stored there.

    Args:
        config: how it is made.
        model_config: the model with position servos.
        cache: the folder; by default inhand/start_states in $XDG_CACHE_HOME or ~/.cache.
    """
    model = build_model(model_config)
    folder = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inhand/start_states"
    path = folder / f"{_key(config, model)}.npz"
    with _alone(path):
        if path.is_file():
            with np.load(path) as stored:
                return StartStates(stored["qpos"], stored["qvel"])
        states = simulate_start_states(config, model)
        _store(path, states)
    return states


def simulate_start_states(config: StartStateConfig, model: mujoco.MjModel) -> StartStates:
    """Simulates the pool on all cores; the result does not depend on their number.

    Raises:
        RuntimeError: the object is dropped in nearly every attempt.
    """
    qpos, qvel, found = [], [], 0
    for attempt in range(_ATTEMPTS):
        states = _attempt(config, model, attempt)
        qpos.append(states.qpos)
        qvel.append(states.qvel)
        found += len(states.qpos)
        if found >= config.size:
            return StartStates(np.concatenate(qpos)[: config.size], np.concatenate(qvel)[: config.size])
    raise RuntimeError(
        f"only {found} of {config.size} start states after {_ATTEMPTS} attempts: the object does not stay on the palm"
    )


def _attempt(config: StartStateConfig, model: mujoco.MjModel, attempt: int) -> StartStates:
    rows = min(max(_MIN_ROWS, _ROWS_PER_STATE * config.size), _MAX_ROWS)
    layout = find_layout(model)
    random = RowRandom(row_seeds(config.seed, rows), f"start_states {attempt}")
    worlds = Batch(model, nsim=rows)
    qpos, ctrl = worlds.bind("qpos"), worlds.bind("ctrl")
    qpos[:, layout.joint_qpos] = np.clip(qpos[:, layout.joint_qpos], *model.jnt_range[layout.joints].T)
    qpos[:, layout.object_qpos[:3]] = start_position(layout)
    qpos[:, layout.object_qpos[3:]] = rotations.xyzw_to_wxyz(random.quaternion())
    substeps = round(STEP / model.opt.timestep)
    kept, action = np.ones(rows, bool), np.zeros((rows, model.nu))
    for _ in range(config.random_steps):
        action += config.smoothing * (2.0 * random.uniform((model.nu,)) - 1.0 - action)
        ctrl[:] = relative_target(action, qpos[:, layout.joint_qpos])
        worlds.step(np.flatnonzero(kept), nstep=substeps)
        kept &= ~is_dropped(layout, qpos[:, layout.object_qpos[:3]]) & ~worlds.warning[:, :, 1].any(axis=1)
    return StartStates(qpos[kept].copy(), worlds.bind("qvel")[kept].copy())


def _key(config: StartStateConfig, model: mujoco.MjModel) -> str:
    buffer = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, buffer)
    digest = hashlib.sha256(buffer.tobytes())
    made_by = {name: value for name, value in asdict(config).items() if name not in ("own_world", "ahead", "reuse")}
    digest.update(repr((_VERSION, mujoco.__version__, sorted(made_by.items()))).encode())
    return digest.hexdigest()[:24]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lets one process at a time make the pool `path`; the others wait and read it. Without a writable folder: all."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(path.with_suffix(".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _store(path: Path, states: StartStates) -> None:
    """Writes the pool for other processes."""
    with contextlib.suppress(OSError), replacing(path) as draft:  # a read-only home: the pool is made again next time
        np.savez(draft, qpos=states.qpos, qvel=states.qvel)
