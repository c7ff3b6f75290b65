"""The hand's meshes as the page draws them: light, and still where the hand is."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from inhand_console.hand_mesh import DIRECTIONS, light_meshes, mesh_of, share_out, simple_meshes
from inhand_viz.model import load_hand

VISUALS = load_hand().visuals
BUDGET = 10_000
TOLERATED_M = 1.5e-3


@pytest.fixture(scope="module")
def light() -> list[trimesh.Trimesh]:
    return light_meshes(VISUALS, BUDGET)


def test_the_hand_has_far_fewer_triangles(light: list[trimesh.Trimesh]) -> None:
    whole = [len(mesh_of(visual).faces) for visual in VISUALS]
    counts = [len(mesh.faces) for mesh in light]
    assert sum(whole) > 4 * BUDGET and sum(counts) <= 0.4 * sum(whole)
    assert all(few <= many for few, many in zip(counts, whole, strict=True))


@pytest.mark.parametrize("i", range(len(VISUALS)), ids=[visual.link for visual in VISUALS])
def test_every_part_keeps_its_place_and_size(light: list[trimesh.Trimesh], i: int) -> None:
    whole = mesh_of(VISUALS[i])
    np.testing.assert_allclose(light[i].bounds, whole.bounds, atol=TOLERATED_M)
    np.testing.assert_allclose(light[i].area, whole.area, rtol=0.12)


def test_simple_parts_are_few_triangles_where_the_parts_are() -> None:
    for visual, simple in zip(VISUALS, simple_meshes(VISUALS), strict=True):
        whole = mesh_of(visual)
        assert len(simple.faces) <= 2 * len(DIRECTIONS) - 4 and simple.is_watertight, visual.link
        np.testing.assert_allclose(simple.bounds, whole.bounds, atol=1e-9)
        assert simple.volume >= 0.75 * whole.convex_hull.volume, visual.link


def test_a_budget_that_is_large_enough_changes_nothing() -> None:
    for visual, mesh in zip(VISUALS, light_meshes(VISUALS, 10**6), strict=True):
        np.testing.assert_array_equal(mesh.vertices, mesh_of(visual).vertices)


def test_shares_grow_with_the_count_and_stay_below_it() -> None:
    counts = np.array([0, 10, 1000, 20000])
    shares = share_out(counts, 2000)
    assert 1980 <= shares.sum() <= 2000 and (np.diff(shares) > 0).all() and (shares <= counts).all()
    assert shares[2] / counts[2] > shares[3] / counts[3]
    np.testing.assert_array_equal(share_out(counts, 10**6), counts)
