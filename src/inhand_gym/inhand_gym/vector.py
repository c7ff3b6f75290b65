"""Many hands at once: `gymnasium.make_vec`."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from inhand_core import rotations
from inhand_core.signals import N_ACTUATORS, EndReason
from inhand_gym.settings import RECIPE, env_config
from inhand_gym.spaces import action_space, observation_space
from inhand_policy.actions import bins_to_action
from inhand_training.env import Step
from inhand_training.graph_env import POLICY_GROUP, GraphEnv


class HandVectorEnv(VectorEnv):
    """B hands that turn an object to one goal orientation after another, stepped every 80 ms.

    An observation is (B, n) float32, the blocks of `inhand_policy.observation` that a deployed policy may see, in
    hand_base. An action is (B, 20) in [-1, 1]: the change of each actuated angle as a fraction of half its range; or
    with `discrete` (B, 20) bins of 0 … 10. An episode terminates when the object drops, and is truncated when a goal
    is not achieved in time or after 50 goals; the step after it starts the next one (`AutoresetMode.NEXT_STEP`).

    `info` has, each (B, …): `goal` orientation (x, y, z, w), `distance` to it [rad], `goals_achieved` in the episode,
    `state` where that is asked for; and where an episode ends `end_reason` (of `inhand_core.signals.EndReason`) with
    the mask `_end_reason`.

    Args:
        num_envs: B.
        object: what lies in the hand.
        randomization: "all", "none" or groups of config/randomization.yaml.
        observation: blocks; None: those of the recipe.
        state: features of the noiseless state (`inhand_training.features`) for a critic.
        discrete: whether actions are bins.
        max_goal_angle: goals are at most this far from the object's orientation [rad]; pi: any orientation.
        recipe: file whose `defaults: env:` gives the rest, below the project's root.
        reward: weights that differ from the recipe's.
        overrides: configuration values by component of the graph.
        threads: of the physics; None: one a core, one for a single hand.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": [], "render_fps": 12.5}  # noqa: RUF012

    def __init__(
        self,
        num_envs: int = 1,
        *,
        object: str = "block",
        randomization: str = "none",
        observation: Sequence[str] | None = None,
        state: Sequence[str] = (),
        discrete: bool = False,
        max_goal_angle: float = math.pi,
        recipe: str = RECIPE,
        reward: Mapping[str, float] | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        threads: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        self.num_envs, self.render_mode = num_envs, render_mode
        self._config = env_config(
            num_envs, object, randomization, observation, state, max_goal_angle, recipe, reward, overrides
        )
        self._threads = threads or (1 if num_envs == 1 else os.cpu_count() or 1)
        self._discrete = discrete
        self._visible_space = observation_space(self._config.policy)
        self.single_observation_space = self._visible_space
        self.single_action_space = action_space(discrete)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._env: Any = None  # a GraphEnv from the first reset on
        self._built: tuple[int, Any] | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts all hands again; the same seed gives the same run. Without one the random streams go on."""
        if isinstance(seed, list):
            seed = next((number for number in seed if number is not None), None)
        super().reset(seed=seed)
        if seed is not None or self._env is None:
            self._seed(int(self.np_random.integers(2**31)) if seed is None else seed)
        observation = cast(Any, self._env).start()
        return self._visible(observation[POLICY_GROUP]), self._info(observation)

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One action a hand; see the class."""
        if self._env is None:
            raise RuntimeError("step before reset")
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs, N_ACTUATORS):
            raise ValueError(f"actions are {actions.shape}, expected {(self.num_envs, N_ACTUATORS)}")
        done = self._env.step(bins_to_action(actions) if self._discrete else np.clip(actions, -1.0, 1.0))
        info = self._info(done.observation)
        if done.ended.any():
            info["end_reason"], info["_end_reason"] = self._reasons(done), done.ended
        reward = done.reward.astype(np.float64)
        return self._visible(done.observation[POLICY_GROUP]), reward, done.terminal, done.ended & ~done.terminal, info

    def _seed(self, seed: int) -> None:
        """An environment of that seed at its very beginning: one that is there is put back, another is built."""
        if self._env is not None and self._built is not None and self._built[0] == seed:
            self._env.restore(self._built[1])
            return
        self._env = GraphEnv(self._config, seed, self._threads)
        self._env.start()
        self._built = seed, self._env.save()

    def _visible(self, observation: np.ndarray) -> np.ndarray:
        space = self._visible_space
        return np.clip(observation, space.low, space.high)

    def _info(self, observation: dict[str, np.ndarray]) -> dict[str, Any]:
        goals = self._env.graph.latest["goal"].orientation.copy()
        truth = self._env.graph.component("sim").truth()
        info = {
            "goal": goals,
            "distance": rotations.distance(goals, truth.object_orientation),
            "goals_achieved": self._env.graph.latest["trial"].goals_achieved.copy(),
        }
        info |= {f"_{name}": np.ones(self.num_envs, bool) for name in info}
        if "state" in observation:
            info["state"], info["_state"] = observation["state"], np.ones(self.num_envs, bool)
        return info

    def _reasons(self, done: Step) -> np.ndarray:
        reason = self._env.graph.latest["trial"].reason
        return np.where(done.ended & (reason == EndReason.NONE), EndReason.INTERRUPTED, reason) * done.ended
