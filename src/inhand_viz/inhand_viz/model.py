"""What is shown of inhand_description: the hand's URDF and meshes, the objects' faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inhand_core.paths import resource_root
from inhand_description import JOINTS, OBJECTS
from inhand_description.cameras import move_cameras, read_poses
from inhand_description.model import asset_folder
from inhand_description.object_file import FaceRow
from inhand_description.things import Thing, surfaces
from inhand_viz.object_mesh import Face, ObjectShape, shape_of
from inhand_viz.urdf_tree import UrdfTree, mesh_path, prefixed

_MESHES = "package://inhand_description/meshes/"
_ON_FACE = 1e-6
"""Corners within this distance [m] of a face's plane belong to it."""
_ABOVE = 0.0005
"""How far a tile is drawn above a surface that is not flat [m]."""
_DARK = (0.2, 0.2, 0.2)


def joint_names() -> tuple[str, ...]:
    """The 24 joints in the order of /joint_states."""
    return tuple(joint.name for joint in JOINTS)


def load_hand(urdf: str | Path = "", cameras: str | Path = "", prefix: str = "") -> UrdfTree:
    """The hand's frames and meshes; from the project's URDF, or from another one.

    Args:
        urdf: the URDF; "": the project's.
        cameras: folder whose poses.yaml, if there is one, says where the cameras are; "": they are as in the URDF.
        prefix: what the names of links begin with, beyond what the file says; joints keep theirs.
    """
    tree = UrdfTree.load(urdf or resource_root() / "urdf" / "hand.urdf")
    poses = Path(cameras).expanduser() / "poses.yaml"
    text = move_cameras(tree.text, read_poses(poses)) if cameras and poses.is_file() else tree.text
    return UrdfTree(prefixed(text, prefix)) if prefix or text != tree.text else tree


def hand_mesh(filename: str) -> Path:
    """Path of a mesh as the URDF names it; the hand's own are found without an installed package too."""
    if filename.startswith(_MESHES):
        return asset_folder().parent / "stls" / "hand" / filename.removeprefix(_MESHES)
    return mesh_path(filename)


def object_shape(name: str) -> ObjectShape:
    """Faces and edges of an object: a flat-sided one by its coloured faces, any other by its surface and its tiles.

    Raises:
        ConfigError: there is no such object.
    """
    thing = OBJECTS[name]
    outlines = [_outline(thing, face.normal) for face in thing.faces]
    boxes = all(piece.kind == "box" for piece in thing.pieces) and (len(thing.pieces) == 1 or thing.row.corners)
    if thing.row.mesh is None and boxes and outlines and all(len(outline) > 2 for outline in outlines):
        return shape_of(outlines, [face.rgb for face in thing.faces])
    color = thing.row.rgb if thing.row.mesh is not None or not thing.faces else _DARK
    shown = [Face(vertices, triangles, color) for vertices, triangles in surfaces(thing)]
    tiles = shape_of([_tile(face) for face in thing.faces], [face.rgb for face in thing.faces])
    return ObjectShape((*shown, *tiles.faces), np.zeros((0, 2, 3)))


def _outline(thing: Thing, normal: tuple[float, float, float]) -> np.ndarray:
    """(n, 3) [m] corners of the face with that outward normal, counter-clockwise seen from outside."""
    outward = np.array(normal)
    height = thing.vertices @ outward
    corners = thing.vertices[height > height.max() - _ON_FACE]
    return _around(corners, outward)


def _tile(face: FaceRow) -> np.ndarray:
    """(n, 3) [m] outline of a tile."""
    return _around(face.outline(_ABOVE), np.array(face.normal))


def _around(corners: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Corners in order around their middle, counter-clockwise seen from where `outward` points."""
    spokes = corners - corners.mean(axis=0)
    if len(corners) < 3:
        return corners
    across = spokes[0] / np.linalg.norm(spokes[0])
    up = np.cross(outward, across)
    return corners[np.argsort(np.arctan2(spokes @ up, spokes @ across))]
