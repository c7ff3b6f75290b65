"""The estimated object as a wire-frame over a camera's image: a person sees at once whether the estimate is right."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import ObjectPose
from inhand_data import rectify
from inhand_data.intrinsics import Intrinsics
from inhand_description import CAMERAS, HAND_BASE
from inhand_description.cameras import nominal_info, nominal_pose
from inhand_viz.object_mesh import ObjectShape

NEAREST = 0.01
"""Points nearer to a camera than this [m], or behind it, are not drawn."""
VALID, INVALID = (0, 255, 160), (255, 120, 0)
"""Colours (RGB) of the wire-frame of a pose that is valid, and of one that is held."""
NOMINAL = {f"camera_{row.name}": (nominal_info(row), nominal_pose(row).matrix) for row in CAMERAS}


def intrinsics_of(camera: str, known: Mapping[str, Intrinsics]) -> Intrinsics:
    """What the camera says of itself; the description's values where it says nothing, or is not calibrated."""
    if (said := known.get(camera)) is not None:
        return said
    info, _ = NOMINAL[camera]
    return Intrinsics(info.matrix, info.width, info.height, np.array(info.d))


def edges_in_world(shape: ObjectShape, pose: ObjectPose) -> np.ndarray:
    """(e, 2, 3) [m] edges of the object at a pose (B = 1) in hand_base."""
    base, turn = np.array(HAND_BASE.position), np.array(HAND_BASE.orientation)
    in_base = rotations.rotate(pose.orientation[0], shape.edges) + pose.position[0]
    return rotations.rotate(turn, in_base) + base


def project(points: np.ndarray, intrinsics: Intrinsics, world_from_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n, 2) of points (n, 3) [m, world], and (n,) which of them lie before the camera.

    Args:
        points: in the world.
        intrinsics: of the camera.
        world_from_camera: (4, 4), pose of the optical frame (REP-103).
    """
    rotation, position = world_from_camera[:3, :3], world_from_camera[:3, 3]
    seen = (points - position) @ rotation
    before = seen[:, 2] > NEAREST
    safe = np.where(before[:, None], seen, [0.0, 0.0, 1.0])
    return rectify.project(safe, intrinsics), before


def draw(camera: str, snapshot: Snapshot, shape: ObjectShape, width: int) -> np.ndarray:
    """The camera's newest image at `width` [px], (h, width, 3) uint8 RGB, with the estimated object's edges."""
    image = snapshot.images[camera]
    scale = width / image.shape[1]
    shown = cv2.resize(image, (width, round(scale * image.shape[0])), interpolation=cv2.INTER_AREA)
    pose = snapshot.object_pose
    if pose is None or not np.isfinite(pose.position).all():
        return shown
    intrinsics = intrinsics_of(camera, snapshot.intrinsics)
    edges = edges_in_world(shape, pose)
    place = snapshot.camera_poses.get(camera, NOMINAL[camera][1])
    pixels, before = project(edges.reshape(-1, 3), intrinsics, place)
    # Pixel centres are at whole numbers: resizing scales from the outer corner of the first pixel.
    ends = ((pixels + 0.5) * (width / intrinsics.width) - 0.5).reshape(-1, 2, 2)
    whole = before.reshape(-1, 2).all(axis=1) & (np.abs(ends) < 1e4).all(axis=(1, 2))
    lines = [np.round(line).astype(np.int32) for line in ends[whole]]
    cv2.polylines(shown, lines, False, VALID if pose.valid[0] else INVALID, 1, cv2.LINE_AA)
    return shown
