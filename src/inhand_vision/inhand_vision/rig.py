"""The calibrated cameras as estimators want them: matrices of the input's pixels and poses in hand_base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inhand_core.poses import relative, to_matrix
from inhand_description.cameras import CAMERA_NAMES, CameraInfo, CameraPose, nominal_info, nominal_pose
from inhand_description.scene import CAMERAS, HAND_BASE
from inhand_vision.images import ImageConfig, input_matrix


@dataclass(frozen=True)
class Rig:
    """C cameras: matrix (C, 3, 3) [px of the input], pose (C, 4, 4), hand_base from optical frame."""

    matrix: np.ndarray
    pose: np.ndarray


def base_pose() -> np.ndarray:
    """World from hand_base (4, 4), as the description has it."""
    return to_matrix(np.array(HAND_BASE.position), np.array(HAND_BASE.orientation))


def make_rig(infos: Mapping[str, CameraInfo], poses: Mapping[str, CameraPose], images: ImageConfig) -> Rig:
    """The rig of calibrations and poses by camera name."""
    matrix = [
        input_matrix(infos[name].matrix, (infos[name].width, infos[name].height), images) for name in CAMERA_NAMES
    ]
    return Rig(np.stack(matrix), np.stack([relative(base_pose(), poses[name].matrix) for name in CAMERA_NAMES]))


def nominal_rig(images: ImageConfig) -> Rig:
    """The cameras where the description has them."""
    infos = {name: nominal_info(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    poses = {name: nominal_pose(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    return make_rig(infos, poses, images)
