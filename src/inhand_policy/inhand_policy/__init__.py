"""Tracker, goals, policy and smoother: the components between the sensors and the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_policy.architectures import NetworkInfo, NetworkSizes, known_architectures
    from inhand_policy.export import initial_weights
    from inhand_policy.goal import GoalGenerator
    from inhand_policy.goal_config import GoalConfig
    from inhand_policy.observation import assemble, observation_size
    from inhand_policy.onnx_model import export_onnx
    from inhand_policy.runner import PolicyConfig, PolicyRunner, find_weights
    from inhand_policy.smoother import ActionSmoother, SmootherConfig
    from inhand_policy.tracker import Tracker, TrackerConfig
    from inhand_policy.weights import PolicyMetadata, PolicyWeights, WeightsError, load_weights, save_weights

__all__ = [
    "ActionSmoother",
    "GoalConfig",
    "GoalGenerator",
    "NetworkInfo",
    "NetworkSizes",
    "PolicyConfig",
    "PolicyMetadata",
    "PolicyRunner",
    "PolicyWeights",
    "SmootherConfig",
    "Tracker",
    "TrackerConfig",
    "WeightsError",
    "assemble",
    "export_onnx",
    "find_weights",
    "initial_weights",
    "known_architectures",
    "load_weights",
    "observation_size",
    "save_weights",
]

__getattr__ = lazy_face(__name__)
