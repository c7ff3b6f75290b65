"""Camera calibrations and poses as files: intrinsics as camera_calibration writes them, poses of the optical frames.

Pixels are OpenCV's: the centre of the first pixel is (0, 0). Optical frames are REP-103's: z forward, x right, y down.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inhand_core import rotations
from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.poses import PoseError, sound_pose, to_matrix
from inhand_data.intrinsics import check_calibration
from inhand_description.scene import CAMERAS, CameraRow, camera_axes

CAMERA_NAMES = tuple(f"camera_{row.name}" for row in CAMERAS)
_NAME = re.compile(r"\w+", re.ASCII)
OPTICAL_FROM_CAMERA = np.diag([1.0, -1.0, -1.0])
"""MuJoCo's camera frame (x right, y up, looks along -z) to the optical frame; its own inverse."""


@dataclass(frozen=True)
class CameraInfo:
    """Intrinsics of one camera, as sensor_msgs/CameraInfo names them.

    Attributes:
        name: camera_top, camera_left or camera_right.
        width, height: of the calibrated image [px].
        k: (9,) camera matrix, row by row [px]; k[0] is 0 where the camera is not calibrated.
        d: distortion coefficients in OpenCV's order; () where not calibrated.
        distortion_model: one of `inhand_data.intrinsics.DISTORTION`.
    """

    name: str
    width: int
    height: int
    k: tuple[float, ...]
    d: tuple[float, ...]
    distortion_model: str = "plumb_bob"

    @property
    def calibrated(self) -> bool:
        """Whether the intrinsics are known."""
        return self.k[0] != 0.0

    @property
    def matrix(self) -> np.ndarray:
        """Camera matrix (3, 3) [px]."""
        return np.array(self.k).reshape(3, 3)


@dataclass(frozen=True)
class CameraPose:
    """Pose of an optical frame in the world: position (3,) [m], orientation (x, y, z, w)."""

    position: tuple[float, float, float]
    orientation: tuple[float, float, float, float]

    @property
    def matrix(self) -> np.ndarray:
        """Homogeneous transform (4, 4): world from optical frame."""
        return to_matrix(np.array(self.position), np.array(self.orientation))


@dataclass(frozen=True)
class _Matrix:
    rows: int
    cols: int
    data: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.rows < 0 or self.cols < 0 or self.rows * self.cols != len(self.data):
            raise ConfigError(f"{self.rows} x {self.cols} values, but data has {len(self.data)}")

    def of(self, rows: int, cols: int, where: str) -> np.ndarray:
        """The matrix, which must have that shape."""
        if (self.rows, self.cols) != (rows, cols):
            raise ConfigError(f"{where} must be {rows} x {cols}, is {self.rows} x {self.cols}")
        return np.array(self.data).reshape(rows, cols)


@dataclass(frozen=True)
class _InfoFile:
    """The keys of the camera_calibration format."""

    image_width: int
    image_height: int
    camera_name: str
    camera_matrix: _Matrix
    distortion_model: str
    distortion_coefficients: _Matrix
    rectification_matrix: _Matrix
    projection_matrix: _Matrix


@dataclass(frozen=True)
class _PosesFile:
    frame_id: str
    cameras: dict[str, CameraPose]


def uncalibrated(name: str, width: int, height: int) -> CameraInfo:
    """What a camera without a calibration publishes: all intrinsics 0."""
    return CameraInfo(name, width, height, (0.0,) * 9, ())


def nominal_info(row: CameraRow) -> CameraInfo:
    """Intrinsics of the simulated camera: square pixels, no distortion, optical axis through the image's middle."""
    width, height = row.resolution
    focal = 0.5 * height / np.tan(0.5 * np.radians(row.fovy))
    k = (focal, 0.0, (width - 1) / 2, 0.0, focal, (height - 1) / 2, 0.0, 0.0, 1.0)
    return CameraInfo(f"camera_{row.name}", width, height, tuple(float(v) for v in k), (0.0,) * 5)


def nominal_pose(row: CameraRow) -> CameraPose:
    """Where the description puts a camera."""
    return pose_from_matrix(camera_axes(row) @ OPTICAL_FROM_CAMERA, np.array(row.position))


def pose_from_matrix(rotation: np.ndarray, position: np.ndarray) -> CameraPose:
    """A pose from rotation (3, 3), world from optical frame, and position (3,) [m]."""
    orientation = rotations.from_matrix(np.asarray(rotation, float))
    return CameraPose(tuple(np.asarray(position, float).tolist()), tuple(orientation.tolist()))


def info_yaml(info: CameraInfo) -> str:
    """The text of a calibration file, as camera_calibration and camera_info_manager know it."""
    content = {
        "image_width": info.width,
        "image_height": info.height,
        "camera_name": info.name,
        "camera_matrix": {"rows": 3, "cols": 3, "data": list(info.k)},
        "distortion_model": info.distortion_model,
        "distortion_coefficients": {"rows": 1, "cols": len(info.d), "data": list(info.d)},
        "rectification_matrix": {"rows": 3, "cols": 3, "data": np.eye(3).ravel().tolist()},
        "projection_matrix": {"rows": 3, "cols": 4, "data": np.pad(info.matrix, ((0, 0), (0, 1))).ravel().tolist()},
    }
    return _dump(content)


def read_info(path: str | Path) -> CameraInfo:
    """Reads a calibration file.

    Raises:
        ConfigError: missing, not in the format, of unknown distortion model, or numbers that no camera has.
    """
    file = load_config(_InfoFile, read_yaml(path), str(path))
    k = file.camera_matrix.of(3, 3, f"{path}: camera_matrix").ravel().tolist()
    size = file.image_width, file.image_height
    lens = file.distortion_coefficients.data, file.distortion_model
    check_calibration(*size, k, *lens, str(path))
    if not _NAME.fullmatch(file.camera_name):
        raise ConfigError(f"{path}: camera_name {file.camera_name!r} is no name of letters, digits and _")
    info = CameraInfo(file.camera_name, *size, tuple(k), *lens)
    turn = file.rectification_matrix.of(3, 3, f"{path}: rectification_matrix")
    if info.calibrated and np.abs(turn @ turn.T - np.eye(3)).max() > 1e-3:
        raise ConfigError(f"{path}: rectification_matrix is no rotation: {turn.ravel().tolist()}")
    file.projection_matrix.of(3, 4, f"{path}: projection_matrix")
    return info


def poses_yaml(poses: Mapping[str, CameraPose]) -> str:
    """The text of a file of camera poses."""
    cameras = {
        name: {"position": list(pose.position), "orientation": list(pose.orientation)} for name, pose in poses.items()
    }
    return "# Optical frames in the world: m; x, y, z, w.\n" + _dump({"frame_id": "world", "cameras": cameras})


def read_poses(path: str | Path) -> dict[str, CameraPose]:
    """Reads a file of camera poses, with quaternions scaled to unit length.

    Raises:
        ConfigError: missing, another frame than world, an unknown camera, or a zero quaternion.
    """
    file = load_config(_PosesFile, read_yaml(path), str(path))
    if file.frame_id != "world":
        raise ConfigError(f"{path}: frame_id {file.frame_id!r} is not 'world'")
    if unknown := sorted(set(file.cameras) - set(CAMERA_NAMES)):
        raise ConfigError(f"{path}: unknown cameras {unknown}; known {sorted(CAMERA_NAMES)}")
    found = {}
    for name, pose in file.cameras.items():
        if not 0.9 < np.linalg.norm(pose.orientation) < 1.1:
            raise ConfigError(f"{path}: {name}: orientation {list(pose.orientation)} is no unit quaternion")
        try:
            position, orientation = sound_pose(pose.position, pose.orientation)
        except PoseError as error:
            raise ConfigError(f"{path}: {name}: {error}") from error
        found[name] = CameraPose(tuple(position.tolist()), tuple(orientation.tolist()))
    return found


def nominal_files() -> dict[str, str]:
    """Texts of the simulated cameras' calibration files and of their poses' file, by file name."""
    infos = {f"{name}.yaml": info_yaml(nominal_info(row)) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    poses = {name: nominal_pose(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    return {**infos, "poses.yaml": poses_yaml(poses)}


def move_cameras(urdf: str, poses: Mapping[str, CameraPose]) -> str:
    """A robot description with the cameras' frames where `poses` say.

    Raises:
        ConfigError: the description has no such camera.
    """
    robot = ElementTree.fromstring(urdf)
    joints = {joint.get("name"): joint for joint in robot.findall("joint")}
    for name, pose in poses.items():
        if (joint := joints.get(f"{name}_fixed")) is None or (origin := joint.find("origin")) is None:
            raise ConfigError(f"the robot description has no frame of {name}")
        rotation = rotations.to_matrix(np.array(pose.orientation)) @ OPTICAL_FROM_CAMERA
        origin.attrib.update(xyz=_numbers(pose.position), rpy=_numbers(roll_pitch_yaw(rotation)))
    return ElementTree.tostring(robot, encoding="unicode")


def roll_pitch_yaw(m: np.ndarray) -> tuple[float, float, float]:
    """URDF's fixed-axis angles [rad] of a rotation (3, 3)."""
    level = np.hypot(m[0, 0], m[1, 0])
    pitch = float(np.arctan2(-m[2, 0], level))
    if level < 1e-9:  # roll and yaw turn about the same axis: all of it is called roll
        return float(np.arctan2(-m[1, 2], m[1, 1])), pitch, 0.0
    return float(np.arctan2(m[2, 1], m[2, 2])), pitch, float(np.arctan2(m[1, 0], m[0, 0]))


def _numbers(values: Any) -> str:
    return " ".join(repr(float(value)) for value in values)


def _dump(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120)
