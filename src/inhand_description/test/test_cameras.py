"""Camera files: what is written is read; what contradicts itself is refused; a moved camera is where it was moved."""

import io
from pathlib import Path

import numpy as np
import pytest
import yaml

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_description import CAMERAS
from inhand_description.cameras import (
    CAMERA_NAMES,
    CameraInfo,
    CameraPose,
    info_yaml,
    move_cameras,
    nominal_info,
    nominal_pose,
    pose_from_matrix,
    poses_yaml,
    read_info,
    read_poses,
    uncalibrated,
)

INFO = CameraInfo("camera_top", 640, 480, (700.5, 0, 320.25, 0, 701, 239, 0, 0, 1), (-0.1, 0.01, 1e-4, -2e-4, 0.3))


@pytest.mark.parametrize("info", [INFO, uncalibrated("camera_left", 640, 480)], ids=["calibrated", "not"])
def test_a_calibration_is_read_as_it_was_written(info: CameraInfo, tmp_path: Path) -> None:
    (tmp_path / "camera.yaml").write_text(info_yaml(info))
    assert read_info(tmp_path / "camera.yaml") == info
    assert read_info(tmp_path / "camera.yaml").calibrated == (info is INFO)


@pytest.mark.parametrize(
    ("old", "new", "culprit"),
    [
        ("plumb_bob", "fisheye", "fisheye"),
        ("image_width", "width", "width"),
        ("701", "abc", "camera_matrix"),
        (", 0.3]", "]", "distortion_coefficients: 1 x 5 values"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(old: str, new: str, culprit: str, tmp_path: Path) -> None:
    text = info_yaml(INFO)
    assert old in text
    (tmp_path / "camera.yaml").write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=culprit):
        read_info(tmp_path / "camera.yaml")


def test_nominal_cameras_see_their_target_in_the_middle() -> None:
    for row in CAMERAS:
        target = np.linalg.inv(nominal_pose(row).matrix) @ [*row.target, 1.0]
        pixel = nominal_info(row).matrix @ (target[:3] / target[2])
        assert target[2] > 0.3
        assert np.allclose(pixel[:2], [319.5, 239.5], atol=1e-9)
        above = np.linalg.inv(nominal_pose(row).matrix) @ [*np.add(row.target, (0, -0.01, 0.01)), 1.0]
        assert above[1] < 0, "the image's y points down"


def test_poses_are_read_as_they_were_written_and_checked(tmp_path: Path) -> None:
    poses = {name: nominal_pose(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    path = tmp_path / "poses.yaml"
    path.write_text(poses_yaml(poses))
    for name, pose in read_poses(path).items():
        assert np.allclose(pose.matrix, poses[name].matrix, atol=1e-12)
    path.write_text(path.read_text().replace("camera_top", "camera_bottom"))
    with pytest.raises(ConfigError, match="camera_bottom.*camera_left"):
        read_poses(path)
    path.write_text(poses_yaml({"camera_top": CameraPose((0, 0, 0), (0.0, 0.0, 0.0, 0.0))}))
    with pytest.raises(ConfigError, match="quaternion"):
        read_poses(path)


def test_a_moved_camera_is_where_it_was_moved() -> None:
    yourdfpy = pytest.importorskip("yourdfpy", reason="the page's URDF reader is not installed")
    rng = np.random.default_rng(0)
    text = (resource_root() / "urdf/hand.urdf").read_text()
    for _ in range(20):
        q = rng.normal(size=4)
        turned = CameraPose((0.0, 0.0, 0.0), tuple((q / np.linalg.norm(q)).tolist())).matrix[:3, :3]
        pose = pose_from_matrix(turned, rng.normal(size=3))
        moved = move_cameras(text, {"camera_left": pose})
        tree = yourdfpy.URDF.load(io.StringIO(moved), load_meshes=False, build_scene_graph=True)
        assert np.allclose(tree.get_transform("camera_left_optical_frame", "world"), pose.matrix, atol=1e-9)
    with pytest.raises(ConfigError, match="camera_back"):
        move_cameras(text, {"camera_back": pose})


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("camera_matrix.data.0", 0.0, "focal lengths must be > 0"),
        ("camera_matrix.data.0", -800.0, "focal lengths must be > 0"),
        ("camera_matrix.data.0", float("nan"), r"camera_matrix.data\[0\]: expected a finite"),
        ("camera_matrix.data.2", float("inf"), r"camera_matrix.data\[2\]: expected a finite"),
        ("camera_matrix.data.8", 5.0, "0 0 1"),
        ("camera_matrix.data.0", "836", r"data\[0\]: expected float"),
        ("camera_matrix.data.0", 10**500, r"data\[0\]: expected a finite"),
        ("camera_matrix.rows", 9, "9 x 3 values, but data has 9"),
        ("camera_matrix", [1, 2, 3], "camera_matrix: expected a mapping"),
        ("image_width", 0, "width and height"),
        ("image_width", -640, "width and height"),
        ("image_width", 10**12, "width and height"),
        ("distortion_coefficients.data.0", 1e308, "beyond"),
        ("rectification_matrix.data", [0.0] * 9, "no rotation"),
        ("camera_name", "../../x", "camera_name"),
    ],
)
def test_numbers_that_no_camera_has_are_refused_by_file_and_key(tmp_path: Path, place, value, words) -> None:
    content = yaml.safe_load(info_yaml(nominal_info(CAMERAS[0])))
    *outer, last = place.split(".")
    inner = content
    for key in outer:
        inner = inner[key]
    inner[int(last) if last.isdecimal() else last] = value
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=f"camera.yaml.*{words}"):
        read_info(tmp_path / "camera.yaml")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("orientation", [0.0] * 4, "no unit quaternion"),
        ("orientation", [float("nan")] * 4, "finite"),
        ("orientation", [1e200] * 4, "no unit quaternion"),
        ("position", [float("inf"), 0.0, 0.0], "finite"),
        ("position", [1e30, 0.0, 0.0], "camera_top: position beyond"),
        ("position", [0.0], "expected 3 values"),
    ],
)
def test_poses_that_no_camera_has_are_refused_by_file_and_camera(tmp_path: Path, key, value, words) -> None:
    poses = {name: nominal_pose(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)}
    content = yaml.safe_load(poses_yaml(poses))
    content["cameras"]["camera_top"][key] = value
    (tmp_path / "poses.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=f"poses.yaml.*camera_top.*{words}|poses.yaml.*{words}"):
        read_poses(tmp_path / "poses.yaml")
