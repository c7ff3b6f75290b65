"""Batched physics of hand and object, randomisation, and the simulators built on them; ROS in `nodes` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_sim.cameras.studio import Studio
    from inhand_sim.ranges import WorldRanges, load_world_ranges
    from inhand_sim.realtime import RealtimeSim, RealtimeSimConfig
    from inhand_sim.start_states import StartStateConfig, StartStates, load_start_states
    from inhand_sim.training import TrainingSim, TrainingSimConfig
    from inhand_sim.worlds import Worlds, WorldsConfig

__all__ = [
    "RealtimeSim",
    "RealtimeSimConfig",
    "StartStateConfig",
    "StartStates",
    "Studio",
    "TrainingSim",
    "TrainingSimConfig",
    "WorldRanges",
    "Worlds",
    "WorldsConfig",
    "load_start_states",
    "load_world_ranges",
]

__getattr__ = lazy_face(__name__)
