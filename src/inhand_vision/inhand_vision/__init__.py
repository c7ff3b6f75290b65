"""The object's pose from camera images: image pipeline, network and estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_vision.datasets.convert import ConvertConfig, convert
    from inhand_vision.datasets.files import DatasetError, PoseDataset, Samples
    from inhand_vision.datasets.lerobot import export_lerobot
    from inhand_vision.datasets.sync import SyncConfig
    from inhand_vision.estimator import Estimate, PoseEstimator, load_estimator
    from inhand_vision.images import ImageConfig, load_image_config
    from inhand_vision.live import LivePoses, PoseEstimatorConfig
    from inhand_vision.rig import Rig, make_rig, nominal_rig
    from inhand_vision.weights import VisionMetadata, VisionWeightsError, load_vision, save_vision

__all__ = [
    "ConvertConfig",
    "DatasetError",
    "Estimate",
    "ImageConfig",
    "LivePoses",
    "PoseDataset",
    "PoseEstimator",
    "PoseEstimatorConfig",
    "Rig",
    "Samples",
    "SyncConfig",
    "VisionMetadata",
    "VisionWeightsError",
    "convert",
    "export_lerobot",
    "load_estimator",
    "load_image_config",
    "load_vision",
    "make_rig",
    "nominal_rig",
    "save_vision",
]

__getattr__ = lazy_face(__name__)
