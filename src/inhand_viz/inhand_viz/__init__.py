"""What every viewer shows: frames and meshes of the hand, shapes of objects, states of markers; and /tf for RViz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_viz.config import LooksConfig, VizConfig, load_viz_config
    from inhand_viz.model import load_hand, object_shape
    from inhand_viz.object_mesh import ObjectShape
    from inhand_viz.urdf_tree import UrdfError, UrdfTree

__all__ = [
    "LooksConfig",
    "ObjectShape",
    "UrdfError",
    "UrdfTree",
    "VizConfig",
    "load_hand",
    "load_viz_config",
    "object_shape",
]

__getattr__ = lazy_face(__name__)
