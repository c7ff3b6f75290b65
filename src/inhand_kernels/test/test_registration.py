"""Registration against scipy and against itself."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_kernels.registration import register, subset_index, well_posed_subsets

CUBE = 0.022 * np.array(list(itertools.product((-1, 1), repeat=3)), float)


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(7)


def scene(rng, batch, noise):
    """Random poses of the cube's corners, seen with noise [m]."""
    rotation, shift = Rotation.from_quat(rng.normal(size=(batch, 4))), rng.normal(size=(batch, 3))
    seen = np.einsum("bij,mj->bmi", rotation.as_matrix(), CUBE) + shift[:, None]
    return rotation, shift, seen + noise * rng.normal(size=seen.shape)


def some_weights(rng, batch, count):
    """Weights that choose `count` corners in each row."""
    weights = np.zeros((batch, 8))
    for row in weights:
        row[rng.permutation(8)[:count]] = 1.0
    return weights


@pytest.mark.parametrize("count", [3, 4, 8])
def test_recovers_exact_poses_from_any_corners(rng, count):
    rotation, shift, seen = scene(rng, 300, 0.0)
    found = register(CUBE, seen, some_weights(rng, 300, count))
    assert (rotation.inv() * Rotation.from_quat(found.rotation)).magnitude().max() < 1e-12
    np.testing.assert_allclose(found.position, shift, atol=1e-12)
    assert found.residual.max() < 1e-8


@pytest.mark.parametrize("noise", [1e-4, 3e-3])
@pytest.mark.parametrize("count", [3, 5, 8])
def test_is_the_least_squares_solution_under_noise(rng, noise, count):
    _, _, seen = scene(rng, 100, noise)
    weights = some_weights(rng, 100, count)
    found = register(CUBE, seen, weights)
    for b, chosen in enumerate(weights > 0):
        p, s = CUBE[chosen], seen[b, chosen]
        best, distance = Rotation.align_vectors(s - s.mean(0), p - p.mean(0))
        assert (best.inv() * Rotation.from_quat(found.rotation[b])).magnitude() < 1e-9
        np.testing.assert_allclose(found.residual[b], distance / np.sqrt(count), rtol=1e-6, atol=1e-9)


def test_pose_error_shrinks_with_the_number_of_markers(rng):
    rotation, _, seen = scene(rng, 400, 1e-3)
    errors = []
    for count in (3, 8):
        found = register(CUBE, seen, some_weights(rng, 400, count))
        errors.append((rotation.inv() * Rotation.from_quat(found.rotation)).magnitude().mean())
    assert errors[1] < 0.6 * errors[0] < 0.1


def test_weights_pull_towards_the_heavier_points(rng):
    _, _, seen = scene(rng, 1, 2e-3)
    weights = np.ones((1, 8))
    weights[0, :4] = 1e6
    heavy = register(CUBE, seen, weights)
    only = register(CUBE[:4], seen[:, :4], weights[:, :4])
    np.testing.assert_allclose(heavy.rotation, only.rotation, atol=1e-5)


@pytest.mark.parametrize("seen", [np.zeros((1, 8, 3)), np.ones((1, 8, 3))])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_degenerate_points_give_finite_values(seen, weight):
    found = register(CUBE, seen, np.full((1, 8), weight))
    assert all(np.isfinite(part).all() for part in found)


def test_row_of_a_batch_equals_the_row_alone_bit_for_bit(rng):
    _, _, seen = scene(rng, 33, 1e-3)
    weights = some_weights(rng, 33, 5)
    batch = register(CUBE, seen, weights)
    for b in range(33):
        alone = register(CUBE, seen[b : b + 1], weights[b : b + 1])
        for whole, part in zip(batch, alone, strict=True):
            assert whole[b].tobytes() == part[0].tobytes()


def test_well_posed_subsets_need_three_points_off_a_line():
    line = np.array([[0, 0, 0], [0.02, 0, 0], [0.04, 0, 0], [0, 0.03, 0]], float)
    good = well_posed_subsets(line, 0.005)
    assert good.tolist() == [False] * 11 + [True] + [False] + [True, True, True]


def test_subset_index_counts_in_binary():
    visible = np.array([[True, False, True], [False, True, True], [False, False, False]])
    assert subset_index(visible).tolist() == [5, 6, 0]
