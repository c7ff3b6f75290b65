"""From projected corners back to the pose: exact without noise, as precise as promised with it."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_core import rotations
from inhand_description.cameras import nominal_info, nominal_pose
from inhand_description.objects import OBJECTS
from inhand_description.scene import CAMERAS, HAND_BASE, START
from inhand_vision.geometry import corners_at, fit_pose, project, triangulate
from inhand_vision.images import input_matrix, load_image_config

ROWS = 40


@pytest.fixture(scope="module")
def cameras():
    """Matrices (3, 3, 3) of the input images and poses (3, 4, 4) in hand_base."""
    base = np.eye(4)
    base[:3, :3], base[:3, 3] = rotations.to_matrix(np.array(HAND_BASE.orientation)), HAND_BASE.position
    images = load_image_config()
    matrix = np.stack([input_matrix(nominal_info(row).matrix, row.resolution, images) for row in CAMERAS])
    pose = np.stack([np.linalg.inv(base) @ nominal_pose(row).matrix for row in CAMERAS])
    return np.tile(matrix, (ROWS, 1, 1, 1)), np.tile(pose, (ROWS, 1, 1, 1))


@pytest.fixture(scope="module", params=["block", "prism"])
def scene(request, cameras):
    """Vertices, random poses about the palm, and the corners' pixels (ROWS, 3, K, 2)."""
    rng = np.random.default_rng(4)
    vertices = OBJECTS[request.param].vertices
    position = np.array(START.object_position) + rng.normal(0.0, 0.02, (ROWS, 3))
    orientation = Rotation.random(ROWS, rng).as_quat()
    return vertices, position, orientation, project(corners_at(vertices, position, orientation), *cameras)


def evens(pixels, std=1.0):
    return np.broadcast_to(std**2 * np.eye(2), (*pixels.shape[:3], 2, 2))


def turn(a, b):
    return (Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude()


ALL = np.ones((ROWS, 3), bool)


def test_projection_is_the_pinhole_camera(cameras, scene):
    vertices, position, orientation, pixels = scene
    for camera in range(3):
        points = corners_at(vertices, position, orientation)[0]
        inverse = np.linalg.inv(cameras[1][0, camera])
        seen = points @ inverse[:3, :3].T + inverse[:3, 3]
        image = seen @ cameras[0][0, camera].T
        np.testing.assert_allclose(pixels[0, camera], image[:, :2] / image[:, 2:], atol=1e-9)
        assert (seen[:, 2] > 0.2).all()
    assert ((pixels > -20) & (pixels < 220)).all()  # the cameras look at where the object is


def test_triangulation_is_exact_for_exact_pixels(cameras, scene):
    vertices, position, orientation, pixels = scene
    points, weight = triangulate(pixels, np.ones(pixels.shape[:3]), *cameras)
    np.testing.assert_allclose(points, corners_at(vertices, position, orientation), atol=1e-6)
    assert (weight > 0).all()


@pytest.mark.parametrize("hidden", [None, 0, 1, 2])
def test_the_pose_is_exact_for_exact_pixels(cameras, scene, hidden):
    vertices, position, orientation, pixels = scene
    seen, given = ALL.copy(), pixels.copy()
    if hidden is not None:
        seen[:, hidden] = False
        given[:, hidden] = 1e3
    fit = fit_pose(vertices, given, evens(given), *cameras, seen)
    np.testing.assert_allclose(fit.position, position, atol=1e-7)
    assert turn(fit.orientation, orientation).max() < 1e-6
    assert fit.residual.max() < 1e-4


def test_one_camera_turns_the_result_by_no_more_than_its_own_frame(cameras, scene):
    """Moving the world and all cameras together moves the pose along."""
    vertices, _, _, pixels = scene
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("xyz", [0.3, -0.8, 1.1]).as_matrix()
    move[:3, 3] = [0.5, 0.2, -0.3]
    noisy = pixels + np.random.default_rng(1).normal(0.0, 1.0, pixels.shape)
    here = fit_pose(vertices, noisy, evens(noisy), *cameras, ALL)
    there = fit_pose(vertices, noisy, evens(noisy), cameras[0], move @ cameras[1], ALL)
    np.testing.assert_allclose(there.position, here.position @ move[:3, :3].T + move[:3, 3], atol=1e-5)
    expected = Rotation.from_matrix(move[:3, :3]) * Rotation.from_quat(here.orientation)
    assert (expected.inv() * Rotation.from_quat(there.orientation)).magnitude().max() < 1e-4


def test_the_covariance_is_that_of_the_errors(cameras, scene):
    """Squared errors in units of their covariance have the mean of chi squared with 6 degrees of freedom."""
    vertices, position, orientation, pixels = scene
    rng, values = np.random.default_rng(2), []
    for _ in range(10):
        noisy = pixels + rng.normal(0.0, 1.5, pixels.shape)
        fit = fit_pose(vertices, noisy, evens(noisy, 1.5), *cameras, ALL, cutoff=1e6)
        away = Rotation.from_quat(fit.orientation) * Rotation.from_quat(orientation).inv()
        error = np.concatenate([fit.position - position, away.as_rotvec()], 1)
        values.append(np.einsum("bi,bij,bj->b", error, np.linalg.inv(fit.covariance), error))
    assert np.mean(values) == pytest.approx(6.0, rel=0.15)


def test_corners_that_are_known_better_count_more(cameras, scene):
    vertices, _, orientation, pixels = scene
    rng = np.random.default_rng(3)
    std = np.where(rng.random(pixels.shape[:3]) < 0.5, 0.3, 12.0)
    noisy = pixels + std[..., None] * rng.normal(size=pixels.shape)
    told = fit_pose(vertices, noisy, std[..., None, None] ** 2 * np.eye(2), *cameras, ALL)
    untold = fit_pose(vertices, noisy, evens(noisy), *cameras, ALL)
    assert np.median(turn(told.orientation, orientation)) < 0.2 * np.median(turn(untold.orientation, orientation))


def test_a_wrong_corner_hardly_counts(cameras, scene):
    vertices, position, _, pixels = scene
    wrong = pixels.copy()
    wrong[:, 1, 0] += 60.0
    robust = fit_pose(vertices, wrong, evens(wrong), *cameras, ALL, cutoff=2.0)
    plain = fit_pose(vertices, wrong, evens(wrong), *cameras, ALL, cutoff=1e6)
    errors = [np.linalg.norm(fit.position - position, axis=1).mean() for fit in (robust, plain)]
    assert errors[0] < 0.3 * errors[1]


def test_a_row_equals_the_row_alone(cameras, scene):
    vertices, _, _, pixels = scene
    noisy = pixels + np.random.default_rng(5).normal(0.0, 1.0, pixels.shape)
    together = fit_pose(vertices, noisy, evens(noisy), *cameras, ALL)
    alone = fit_pose(vertices, noisy[7:8], evens(noisy[7:8]), cameras[0][:1], cameras[1][:1], ALL[:1])
    np.testing.assert_allclose(alone.position[0], together.position[7], atol=1e-9)
    np.testing.assert_allclose(alone.orientation[0], together.orientation[7], atol=1e-9)
