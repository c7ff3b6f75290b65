"""States of hand and object to render: what happens while the policy, or chance, moves the hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError, to_mapping
from inhand_core.files import replacing
from inhand_core.graph import InProcessGraph
from inhand_core.graph_spec import load_graph
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_policy.weights import load_metadata

_HOLD = 12
"""Steps of 80 ms for which random actions keep their direction."""


@dataclass(frozen=True)
class StatesConfig:
    """Where states come from.

    Attributes:
        count: states to gather.
        rows: worlds that run at once.
        every: steps of 80 ms between two states of a world.
        weights: the policy that moves the hand; empty: random actions.
        randomization: of physics and sensors during the rollouts.
        threads: of the physics; 0: one a core.
    """

    count: int
    rows: int
    every: int
    weights: str
    randomization: str
    threads: int

    def __post_init__(self) -> None:
        for name in ("count", "rows", "every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"states.{name} must be >= 1, is {getattr(self, name)}")


def gather_states(
    config: StatesConfig, object: str, seed: int, progress: Callable[[int], None] | None = None
) -> np.ndarray:
    """qpos (count, 31) of worlds in which the policy, or chance, turns the object; MuJoCo's layout, float64.

    Args:
        config: how many, and how they are made.
        object: its name, or the path of its file.
        seed: other seeds give other goals, start states and physics.
        progress: called with the number of states so far.
    """
    graph = _graph(config, object, seed)
    random = np.random.default_rng(seed)
    qpos = graph.component("sim").worlds.bind("qpos")
    found, total, step, drift = [], 0, 0, np.zeros((config.rows, N_ACTUATORS))
    while total < config.count:
        if not config.weights:
            if step % _HOLD == 0:
                drift = random.uniform(-1.0, 1.0, drift.shape)
            action = np.clip(0.4 * drift + random.normal(0.0, 0.3, drift.shape), -1.0, 1.0)
            none = np.full(action.shape, -1, np.int64)
            graph.publish("policy/action", HandAction(action, none, np.zeros(config.rows, np.int64)))
        graph.step()
        step += 1
        if step % config.every == 0:
            found.append(qpos.copy())
            total += config.rows
            if progress is not None:
                progress(min(total, config.count))
    return np.concatenate(found)[: config.count]


def cached_states(path: Path, config: StatesConfig, object: str, seed: int) -> np.ndarray:
    """`gather_states`, kept in a file; made again when anything that it depends on has changed."""
    key = repr((to_mapping(config), object, seed, _revision(config.weights)))
    if path.is_file():
        with np.load(path) as stored:
            if str(stored["key"]) == key:
                return stored["qpos"]
    qpos = gather_states(config, object, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        np.savez(draft, qpos=qpos, key=np.array(key))
    return qpos


def object_in_world(qpos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position (n, 3) [m, world] and orientation (n, 4) of the object in states (n, 31)."""
    return qpos[:, 24:27], rotations.wxyz_to_xyzw(qpos[:, 27:31])


def _revision(weights: str) -> str:
    return load_metadata(weights).training.revision if weights else ""


def _graph(config: StatesConfig, object: str, seed: int) -> InProcessGraph:
    overrides = {
        "sim": {"object": object, "threads": config.threads},
        "tracker": {"object": object},
        "goal": {"object": object, "timeout_s": 8.0, "auto_start": True, "auto_restart": True},
    }
    only = None
    if config.weights:
        overrides["policy"] = {"weights": config.weights, "deterministic": False}
        overrides["smoother"] = to_mapping(load_metadata(config.weights).smoothing)
    else:
        only = [c.name for c in load_graph("training").components if c.name != "policy"]
    return InProcessGraph(load_graph("training"), config.rows, seed, config.randomization, overrides, only)
