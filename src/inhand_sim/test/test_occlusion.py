"""Boxes that touch, boxes that do not, and nails that something covers."""

import numpy as np
from sims import make_training

from inhand_core import rotations
from inhand_core.random import RowRandom, row_seeds
from inhand_description import FINGERS
from inhand_sim.layout import FINGERTIP_MARKERS
from inhand_sim.occlusion import boxes_overlap

N = 3000


def test_boxes_against_sampled_points():
    """A point of b inside a proves contact; where the test says apart there is none, and it says so often enough."""
    rng = np.random.default_rng(0)
    half_a, half_b = rng.uniform(0.5, 1.5, (N, 3)), rng.uniform(0.5, 1.5, (N, 3))
    offset = rng.uniform(-2.5, 2.5, (N, 3))
    turn = rotations.to_matrix(RowRandom(row_seeds(0, N), "test").quaternion())
    touching = boxes_overlap(half_a, half_b, offset, turn)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 3), -1).reshape(-1, 3)
    points = offset[:, None] + np.einsum("nij,nkj->nki", turn, grid[None] * half_b[:, None])
    inside = (np.abs(points) <= half_a[:, None]).all(-1).any(-1)
    assert not (inside & ~touching).any()
    assert (touching & ~inside).sum() < 0.05 * touching.sum()
    assert 0.2 < touching.mean() < 0.8


def test_object_on_a_nail_hides_that_marker_and_holds_its_reading():
    sim = make_training(len(FINGERS), ("unmodeled",))
    sim.reset(np.ones(len(FINGERS), bool))
    sim.state.draw.force_probability[:] = 0.0
    rows, layout = np.arange(len(FINGERS)), sim.layout
    sim.place_object(rows, np.tile([0.0, -0.3, 0.5], (len(rows), 1)), np.tile([0.0, 0.0, 0.0, 1.0], (len(rows), 1)))
    free = sim.step({}, 0.08)["markers"]
    assert (free.condition[rows, FINGERTIP_MARKERS] > 0).all()
    nail = sim.worlds.bind("site_xpos")[rows, layout.marker_sites[FINGERTIP_MARKERS]]
    local = rotations.rotate(rotations.conjugate(layout.base_orientation)[None], nail - layout.base_position)
    sim.place_object(rows, local, np.tile([0.0, 0.0, 0.0, 1.0], (len(rows), 1)))
    covered = sim._markers()
    assert (covered.condition[rows, FINGERTIP_MARKERS] <= 0).all()
    assert np.array_equal(covered.position[rows, FINGERTIP_MARKERS], free.position[rows, FINGERTIP_MARKERS])
