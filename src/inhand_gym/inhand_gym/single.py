"""One hand: `gymnasium.make`."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from inhand_core.signals import EndReason
from inhand_gym.vector import HandVectorEnv


class HandEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """`HandVectorEnv` with one hand; `info["end_reason"]` is a word such as "dropped" where an episode ends.

    Args:
        render_mode: None; for a picture see `inhand evaluate --film`.
        settings: as of `HandVectorEnv`.
    """

    metadata = {"render_modes": [], "render_fps": 12.5}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:
        self.render_mode = render_mode
        self._hands = HandVectorEnv(1, **settings)
        self.observation_space = self._hands.single_observation_space
        self.action_space = self._hands.single_action_space
        self._ended = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode."""
        super().reset(seed=seed)
        if seed is None and self._ended:  # the graph has begun the next episode by itself: this step shows it
            observation, _, _, _, info = self._hands.step(self._still())
        else:
            observation, info = self._hands.reset(seed=seed)
        self._ended = False
        return observation[0], self._of_one(info)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One action; see `HandVectorEnv`."""
        observation, reward, terminated, truncated, info = self._hands.step(np.asarray(action)[None])
        self._ended = bool(terminated[0] or truncated[0])
        return observation[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), self._of_one(info)

    def close(self) -> None:
        """Nothing is held."""
        self._hands.close()

    def _still(self) -> np.ndarray:
        space = self._hands.action_space
        return np.full(space.shape or (), 5 if isinstance(space, gymnasium.spaces.MultiDiscrete) else 0)

    def _of_one(self, info: dict[str, Any]) -> dict[str, Any]:
        found = {name: value[0] for name, value in info.items() if not name.startswith("_")}
        if "end_reason" in found:
            found["end_reason"] = EndReason(int(found["end_reason"])).name.lower()
        return found
