"""The object's faces: closed, facing outwards, of six (or ten) distinct colours, as large as the table says."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from inhand_core import ConfigError
from inhand_description import OBJECTS
from inhand_viz.model import object_shape

FLAT = ("block", "prism")


def joined(name: str) -> trimesh.Trimesh:
    parts = [trimesh.Trimesh(face.vertices, face.triangles) for face in object_shape(name).faces]
    mesh = trimesh.util.concatenate(parts)
    mesh.merge_vertices()
    return mesh


@pytest.mark.parametrize("name", FLAT)
def test_faces_close_the_hull_and_look_outwards(name: str) -> None:
    mesh = joined(name)
    assert mesh.is_watertight and mesh.is_winding_consistent
    hull = trimesh.convex.convex_hull(OBJECTS[name].vertices)
    assert mesh.volume == pytest.approx(hull.volume, rel=1e-9)  # negative if turned inside out


@pytest.mark.parametrize("name", FLAT)
def test_colours_are_distinct_and_lie_where_the_table_says(name: str) -> None:
    faces = object_shape(name).faces
    assert len({face.color for face in faces}) == len(faces) == len(OBJECTS[name].faces)
    for face, row in zip(faces, OBJECTS[name].faces, strict=True):
        centre = face.vertices.mean(axis=0)
        np.testing.assert_allclose(centre / np.linalg.norm(centre), row.normal, atol=1e-9)


def test_a_block_has_twelve_edges_each_drawn_from_both_sides() -> None:
    edges = object_shape("block").edges
    assert edges.shape == (24, 2, 3)
    lengths = np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1)
    np.testing.assert_allclose(lengths, 0.05)
    assert len({frozenset(map(tuple, np.round(edge, 9))) for edge in edges}) == 12


def test_an_unknown_object_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'ball'.*block.*prism"):
        object_shape("ball")


@pytest.mark.parametrize(("name", "volume"), [("sphere", 4 / 3 * np.pi * 0.03**3), ("cup", 4.14e-5)])
def test_an_object_without_flat_sides_is_shown_by_its_surface_and_its_tiles(name: str, volume: float) -> None:
    surface, *tiles = object_shape(name).faces
    mesh = trimesh.Trimesh(surface.vertices, surface.triangles)
    mesh.merge_vertices()
    assert mesh.is_watertight and mesh.volume == pytest.approx(volume, rel=0.05)
    assert [tile.color for tile in tiles] == [face.rgb for face in OBJECTS[name].faces]
