"""The wire-frame lies where the camera sees the object."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from inhand_console.overlay import INVALID, NEAREST, NOMINAL, VALID, draw, edges_in_world, intrinsics_of, project
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import ObjectPose
from inhand_data.intrinsics import Intrinsics
from inhand_data.intrinsics import intrinsics_of as camera_of_message
from inhand_description import CAMERAS, HAND_BASE, START, camera_axes
from inhand_description.cameras import CAMERA_NAMES
from inhand_viz.model import object_shape

SHAPE = object_shape("block")
BLACK = np.zeros((480, 640, 3), np.uint8)


def pose(valid: bool = True, turn: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)) -> ObjectPose:
    return ObjectPose(np.array([START.object_position]), np.array([turn]), np.array([valid]), np.zeros(1))


@pytest.mark.parametrize("row", CAMERAS, ids=lambda row: row.name)
def test_points_are_projected_as_a_pinhole_does_worked_by_hand(row) -> None:
    """In MuJoCo's camera frame, x right and y up, looking along -z: similar triangles."""
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (20, 3)) + row.target
    focal = 240.0 / np.tan(np.radians(row.fovy) / 2)
    x, y, z = ((points - row.position) @ camera_axes(row)).T
    expected = np.stack([319.5 + focal * x / -z, 239.5 - focal * y / -z], axis=-1)
    name = f"camera_{row.name}"
    pixels, before = project(points, intrinsics_of(name, {}), NOMINAL[name][1])
    assert before.all()
    np.testing.assert_allclose(pixels, expected, atol=1e-6)


def test_what_is_behind_the_camera_is_not_drawn() -> None:
    row = CAMERAS[0]
    away = 2 * np.array(row.position) - np.array(row.target)
    _, before = project(np.array([away, row.target]), intrinsics_of("camera_top", {}), NOMINAL["camera_top"][1])
    assert before.tolist() == [False, True] and NEAREST > 0


def test_edges_stand_at_the_pose_in_the_world() -> None:
    turn = rotations.from_rotation_vector(np.array([0.3, -0.2, 0.9]))
    edges = edges_in_world(SHAPE, pose(turn=tuple(turn)))
    assert edges.shape == SHAPE.edges.shape
    lengths = np.linalg.norm(edges[:, 1] - edges[:, 0], axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm(SHAPE.edges[:, 1] - SHAPE.edges[:, 0], axis=-1))
    centre = rotations.rotate(np.array(HAND_BASE.orientation), np.array(START.object_position)) + HAND_BASE.position
    np.testing.assert_allclose(edges.reshape(-1, 3).mean(axis=0), centre, atol=1e-9)


@pytest.mark.parametrize("camera", CAMERA_NAMES)
@pytest.mark.parametrize(("valid", "color"), [(True, VALID), (False, INVALID)])
def test_the_drawing_has_the_colour_of_the_validity_around_the_objects_place(camera, valid, color) -> None:
    shown = draw(camera, Snapshot(images={camera: BLACK}, object_pose=pose(valid)), SHAPE, 320)
    assert shown.shape == (240, 320, 3)
    rows, columns = np.nonzero(shown.any(axis=2))
    assert len(rows) > 50
    brightest = shown[rows, columns][shown[rows, columns].sum(axis=1).argmax()]
    np.testing.assert_array_equal(brightest, color)
    centre = edges_in_world(SHAPE, pose()).reshape(-1, 3).mean(axis=0)
    (at,), _ = project(centre[None], intrinsics_of(camera, {}), NOMINAL[camera][1])
    assert abs(columns.mean() - at[0] / 2) < 15 and abs(rows.mean() - at[1] / 2) < 15


def test_without_an_estimate_the_image_is_as_it_came() -> None:
    lost = ObjectPose(np.full((1, 3), np.nan), np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([False]), np.zeros(1))
    for estimate in (None, lost):
        shown = draw("camera_top", Snapshot(images={"camera_top": BLACK}, object_pose=estimate), SHAPE, 320)
        assert not shown.any()


def test_what_the_camera_says_of_itself_goes_before_the_description() -> None:
    own = Intrinsics(np.diag([500.0, 500.0, 1.0]), 640, 480, np.zeros(5))
    assert intrinsics_of("camera_top", {"camera_top": own}) is own
    assert intrinsics_of("camera_top", {}).matrix[0, 0] > 0


@pytest.mark.parametrize(("roi", "binning"), [((160, 80, 400, 320), 1), ((0, 0, 640, 480), 2)])
def test_the_wire_frame_lies_right_on_a_part_of_the_image(roi, binning) -> None:
    x, y, wide, high = roi
    k = NOMINAL["camera_top"][0].matrix
    region = SimpleNamespace(x_offset=x, y_offset=y, width=wide, height=high)
    info = SimpleNamespace(width=640, height=480, k=k.ravel(), d=[], distortion_model="plumb_bob", roi=region)
    info.binning_x = info.binning_y = binning
    known = {"camera_top": camera_of_message(info)}
    black = np.zeros((high // binning, wide // binning, 3), np.uint8)
    part = draw("camera_top", Snapshot(images={"camera_top": black}, object_pose=pose(), intrinsics=known), SHAPE, wide)
    whole = draw("camera_top", Snapshot(images={"camera_top": BLACK}, object_pose=pose()), SHAPE, 640)
    ours, theirs = (np.argwhere(image.any(axis=2)) for image in (part, whole[y : y + high, x : x + wide]))
    assert len(ours) > 50
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=1.0)
