"""From the keywords of `gymnasium.make` to the environment of the trainers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from inhand_core.config import load_config, merge, read_yaml
from inhand_core.paths import resource_root
from inhand_training.curriculum import GoalCurriculum, RandomizationCurriculum
from inhand_training.graph_env import GraphEnvConfig

RECIPE = "config/training/block.yaml"
"""Where rewards, observation and start states come from that no keyword gives."""


def env_config(
    num_envs: int,
    object: str,
    randomization: str,
    observation: Sequence[str] | None,
    state: Sequence[str],
    max_goal_angle: float,
    recipe: str,
    reward: Mapping[str, float] | None,
    overrides: Mapping[str, Mapping[str, Any]] | None,
) -> GraphEnvConfig:
    """The configuration of `inhand_training.graph_env.GraphEnv`; keywords as of `HandVectorEnv`.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    path = resource_root() / recipe
    raw = read_yaml(path).get("defaults", {}).get("env", {})
    things = {name: {"object": object} for name in ("sim", "tracker", "goal")}
    raw = {
        **raw,
        "batch": num_envs,
        "randomization": randomization,
        "policy": list(observation or raw["policy"]),
        "states": {"state": list(state)} if state else {},
        "reward": {**raw["reward"], **(reward or {})},
        "overrides": merge(merge(raw.get("overrides", {}), things), overrides or {}),
    }
    config = load_config(GraphEnvConfig, raw, str(path))
    return dataclasses.replace(
        config,
        goals=GoalCurriculum(min(max_goal_angle, math.pi), 0.0, math.inf),
        scale=RandomizationCurriculum(1.0, 0.0, math.inf, 0.0),
        timeout_is_terminal=False,
    )
