"""Training of policies: environment, PPO, distillation, runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_training.config import DistillPhase, PpoPhase, TrainingConfig, Until, load_training
    from inhand_training.env import VectorEnv
    from inhand_training.export import export_run
    from inhand_training.graph_env import GraphEnv, GraphEnvConfig
    from inhand_training.network_files import NetworksInfo, load_networks
    from inhand_training.run import train

__all__ = [
    "DistillPhase",
    "GraphEnv",
    "GraphEnvConfig",
    "NetworksInfo",
    "PpoPhase",
    "TrainingConfig",
    "Until",
    "VectorEnv",
    "export_run",
    "load_networks",
    "load_training",
    "train",
]

__getattr__ = lazy_face(__name__)
