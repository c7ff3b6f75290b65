"""What is shown of inhand_description: the hand's URDF and meshes, the objects' faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inhand_console.object_mesh import ObjectShape, shape_of
from inhand_console.urdf_tree import UrdfTree, mesh_path
from inhand_core import ConfigError
from inhand_core.paths import resource_root
from inhand_description import JOINTS, OBJECTS
from inhand_description.cameras import move_cameras, read_poses
from inhand_description.model import asset_folder
from inhand_description.objects import ObjectRow

OBJECT_NAMES = tuple(OBJECTS)
_MESHES = "package://inhand_description/meshes/"
_ON_FACE = 1e-6
"""Corners within this distance [m] of a face's plane belong to it."""


def joint_names() -> tuple[str, ...]:
    """The 24 joints in the order of /joint_states."""
    return tuple(joint.name for joint in JOINTS)


def load_hand(urdf: str | Path = "", cameras: str | Path = "") -> UrdfTree:
    """The hand's frames and meshes; from the project's URDF, or from another one.

    Args:
        urdf: the URDF; "": the project's.
        cameras: folder whose poses.yaml, if there is one, says where the cameras are; "": they are as in the URDF.
    """
    tree = UrdfTree.load(urdf or resource_root() / "urdf" / "hand.urdf")
    poses = Path(cameras).expanduser() / "poses.yaml"
    return UrdfTree(move_cameras(tree.text, read_poses(poses))) if cameras and poses.is_file() else tree


def hand_mesh(filename: str) -> Path:
    """Path of a mesh as the URDF names it; the hand's own are found without an installed package too."""
    if filename.startswith(_MESHES):
        return asset_folder().parent / "stls" / "hand" / filename.removeprefix(_MESHES)
    return mesh_path(filename)


def object_shape(name: str) -> ObjectShape:
    """Faces and edges of an object.

    Raises:
        ConfigError: there is no object of that name.
    """
    if name not in OBJECTS:
        raise ConfigError(f"unknown object {name!r}; known {list(OBJECTS)}")
    row = OBJECTS[name]
    return shape_of([_outline(row, face.normal) for face in row.faces], [face.rgb for face in row.faces])


def _outline(row: ObjectRow, normal: tuple[float, float, float]) -> np.ndarray:
    """(n, 3) [m] corners of the face with that outward normal, counter-clockwise seen from outside."""
    outward = np.array(normal)
    height = row.vertices @ outward
    corners = row.vertices[height > height.max() - _ON_FACE]
    spokes = corners - corners.mean(axis=0)
    across = spokes[0] / np.linalg.norm(spokes[0])
    up = np.cross(outward, across)
    return corners[np.argsort(np.arctan2(spokes @ up, spokes @ across))]
