"""The triangles of the hand as the page draws them: fewer than its meshes have, for the browser's sake."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import trimesh

from inhand_viz.model import hand_mesh
from inhand_viz.urdf_tree import Visual

FINE = 0.75
"""Exponent of a mesh's share of the triangles: below 1 the fine meshes give more than the coarse ones."""
DIRECTIONS = np.concatenate([np.eye(3), -np.eye(3), trimesh.creation.icosphere(subdivisions=1).vertices])
"""(48, 3): a link that is drawn simply reaches as far as its mesh in these, its box's edges taken as equally long."""
CAREFUL = 2
"""Aggression of the simplification, 0 … 10: at 2 it rather keeps triangles than bends outlines, as the forearm's."""


def mesh_of(visual: Visual) -> trimesh.Trimesh:
    """All triangles of one visual, in its own frame [m]."""
    if visual.shape == "mesh":
        return _from_file(visual.filename, visual.size)
    if visual.shape == "box":
        return trimesh.creation.box(extents=visual.size)
    if visual.shape == "cylinder":
        return trimesh.creation.cylinder(radius=visual.size[0], height=visual.size[1], sections=24)
    return trimesh.creation.icosphere(radius=visual.size[0], subdivisions=2)


def light_meshes(visuals: Sequence[Visual], triangles: int) -> list[trimesh.Trimesh]:
    """One mesh a visual, in its own frame [m], with `triangles` triangles together where that bends no outlines.

    Meshes from files are simplified by quadric edge collapse (Garland and Heckbert 1997) where they have more than
    their share; shapes of the URDF stay as they are.
    """
    whole = [mesh_of(visual) for visual in visuals]
    counts = np.array([len(mesh.faces) for mesh in whole])
    from_file = np.array([visual.shape == "mesh" for visual in visuals], bool)
    shares = np.where(from_file, share_out(counts * from_file, triangles - int(counts[~from_file].sum())), counts)
    return [
        _simplified(visual.filename, visual.size, int(share)) if share < len(mesh.faces) else mesh
        for visual, mesh, share in zip(visuals, whole, shares, strict=True)
    ]


def simple_meshes(visuals: Sequence[Visual]) -> list[trimesh.Trimesh]:
    """One convex mesh a visual, in its own frame [m]: the hull of its outermost points in `DIRECTIONS`.

    For browsers that draw in software: at most 92 triangles each, and nothing that only shows from close by.
    """
    return [_hull(visual.filename, visual.size) if visual.shape == "mesh" else mesh_of(visual) for visual in visuals]


def share_out(counts: np.ndarray, total: int) -> np.ndarray:
    """(n,) triangles for meshes that have counts (n,): `total` by counts ** FINE, none above its count."""
    low, high = 0.0, float(max(counts.max(initial=1), 1))
    for _ in range(60):
        scale = 0.5 * (low + high)
        within = np.minimum(counts, scale * counts**FINE).sum() <= total
        low, high = (scale, high) if within else (low, scale)
    return np.minimum(counts, low * counts**FINE).astype(int)


@cache
def _from_file(filename: str, scale: tuple[float, ...]) -> trimesh.Trimesh:
    return trimesh.load(hand_mesh(filename), force="mesh").apply_transform(np.diag([*scale, 1.0]))


@cache
def _simplified(filename: str, scale: tuple[float, ...], triangles: int) -> trimesh.Trimesh:
    # In metres: how far the simplification goes depends on the unit.
    return _from_file(filename, scale).simplify_quadric_decimation(face_count=triangles, aggression=CAREFUL)


@cache
def _hull(filename: str, scale: tuple[float, ...]) -> trimesh.Trimesh:
    whole = _from_file(filename, scale)
    reach = whole.vertices / whole.extents @ DIRECTIONS.T
    return trimesh.convex.convex_hull(whole.vertices[np.unique(reach.argmax(axis=0))])
