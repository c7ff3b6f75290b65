"""Boxes that touch and boxes that do not, against points sampled in them."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_kernels import Occlusion, boxes_overlap

N = 3000


def test_boxes_against_sampled_points():
    """A point of b inside a proves contact; where the test says apart there is none, and it says so often enough."""
    rng = np.random.default_rng(0)
    half_a, half_b = rng.uniform(0.5, 1.5, (N, 3)), rng.uniform(0.5, 1.5, (N, 3))
    offset, turn = rng.uniform(-2.5, 2.5, (N, 3)), Rotation.random(N, random_state=rng).as_matrix()
    touching = np.empty(N, bool)
    boxes_overlap(half_a, half_b, offset, turn, touching)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 3), -1).reshape(-1, 3)
    points = offset[:, None] + np.einsum("nij,nkj->nki", turn, grid[None] * half_b[:, None])
    inside = (np.abs(points) <= half_a[:, None]).all(-1).any(-1)
    assert not (inside & ~touching).any()
    assert (touching & ~inside).sum() < 0.05 * touching.sum()
    assert 0.2 < touching.mean() < 0.8


def test_touching_does_not_depend_on_which_box_is_first():
    rng = np.random.default_rng(1)
    half_a, half_b = rng.uniform(0.5, 1.5, (N, 3)), rng.uniform(0.5, 1.5, (N, 3))
    offset, turn = rng.uniform(-2.5, 2.5, (N, 3)), Rotation.random(N, random_state=rng).as_matrix()
    one, other = np.empty(N, bool), np.empty(N, bool)
    boxes_overlap(half_a, half_b, offset, turn, one)
    back = np.ascontiguousarray(turn.transpose(0, 2, 1))
    boxes_overlap(half_b, half_a, -np.einsum("nij,nj->ni", back, offset), back, other)
    assert (one == other).all()


@pytest.mark.parametrize("index", range(6))
def test_scenes_that_do_not_fit_are_named(index):
    names = ("site_position", "site_matrix", "geom_position", "geom_matrix", "geom_box", "geom_radius")
    occlusion = Occlusion(3, 2, np.array([1]), np.ones((1, 3)), np.array([0]), np.array([[True]]))
    shapes = [(4, 3, 3), (4, 3, 9), (4, 2, 3), (4, 2, 9), (4, 2, 6), (4, 2)]
    scene = [np.ones(shape) for shape in shapes]
    occlusion.hidden(*scene, np.empty((4, 1), bool))
    scene[index] = np.ones((4, 1, *shapes[index][2:]))
    with pytest.raises(ValueError, match=names[index]):
        occlusion.hidden(*scene, np.empty((4, 1), bool))


@pytest.mark.parametrize(("sites", "geoms", "name"), [([3], [0], "sites"), ([-1], [0], "sites"), ([0], [2], "geoms")])
def test_indices_beyond_the_model_are_named(sites, geoms, name):
    with pytest.raises(ValueError, match=name):
        Occlusion(3, 2, np.array(sites), np.ones((1, 3)), np.array(geoms), np.array([[True]]))
