"""The training graph as Gymnasium environments.

    import gymnasium
    import inhand_gym

    envs = gymnasium.make_vec("inhand/Block-v0", num_envs=64)
    env = gymnasium.make("inhand/Block-v0")

Simulator, tracker, goals, smoother and links are those that deploy, stepped every 80 ms; `HandVectorEnv` says what is
observed and what an action means.
"""

from __future__ import annotations

import gymnasium

from inhand_gym.single import HandEnv
from inhand_gym.spaces import action_space, observation_space
from inhand_gym.vector import HandVectorEnv

__all__ = ["IDS", "HandEnv", "HandVectorEnv", "action_space", "observation_space"]

IDS = {"inhand/Block-v0": "block", "inhand/Prism-v0": "prism"}
"""Registered environments, and the object of each; `object=` turns any other."""

for _name, _object in IDS.items():
    if _name not in gymnasium.registry:
        gymnasium.register(
            _name,
            entry_point="inhand_gym.single:HandEnv",
            vector_entry_point="inhand_gym.vector:HandVectorEnv",
            kwargs={"object": _object},
        )
