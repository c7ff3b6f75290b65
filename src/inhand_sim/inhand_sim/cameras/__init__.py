"""The simulator's cameras: two renderers behind one interface, and what is randomised about the looks of a scene."""

from inhand_sim.cameras.appearance import Appearances, Looks, load_appearance
from inhand_sim.cameras.augmentation import augment_poses
from inhand_sim.cameras.renderer import RENDERERS, Camera, Renderer, RendererError, make_renderer
from inhand_sim.cameras.settings import CamerasConfig, load_cameras_config

__all__ = [
    "RENDERERS",
    "Appearances",
    "Camera",
    "CamerasConfig",
    "Looks",
    "Renderer",
    "RendererError",
    "augment_poses",
    "load_appearance",
    "load_cameras_config",
    "make_renderer",
]
