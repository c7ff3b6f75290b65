"""The hand's surfaces as the page draws them: smooth and of metal where a GPU draws, unlit where software does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import trimesh
from trimesh.exchange.gltf import export_glb
from trimesh.visual.material import PBRMaterial

from inhand_console.materials import look_of
from inhand_viz.model import hand_mesh
from inhand_viz.urdf_tree import Visual

FINE = 0.75
"""Exponent of a mesh's share of the triangles: below 1 the fine meshes give more than the coarse ones."""
CREASE_RAD = np.radians(35.0)
"""Faces that meet at less are one smooth surface; at more, an edge."""
DIRECTIONS = np.concatenate([np.eye(3), -np.eye(3), trimesh.creation.icosphere(subdivisions=2).vertices])
"""(168, 3): the hull of a piece reaches as far as the piece in these, its box's edges taken as equally long."""
CAREFUL = 2
"""Aggression of the simplification, 0 … 10: at 2 it rather keeps triangles than bends outlines."""
ASSEMBLED = 8
"""A mesh of more pieces than this is an assembly of plates and screws, which would gape if it were thinned out."""
SCREW_M2 = 1e-3
"""Pieces of an assembly with less surface are screws and the like, which its hulls leave out."""
INSIDE_M = 2.1e-3
"""Pieces whose box is smaller are the unit cubes that some meshes carry at their origin."""
SKY = np.array([0.25, -0.35, 0.9])
"""Where the light comes from that is baked into simple surfaces, in the link's frame at the hand's zero."""
GAMMA = 2.2
SHADE = 0.42
"""Brightness of a simple surface that faces away from it."""


def mesh_of(visual: Visual) -> trimesh.Trimesh:
    """All triangles of one visual, in its own frame [m]."""
    if visual.shape == "mesh":
        return _from_file(visual.filename, visual.size)
    if visual.shape == "box":
        return trimesh.creation.box(visual.size)
    if visual.shape == "cylinder":
        return trimesh.creation.cylinder(visual.size[0], visual.size[1], sections=32)
    return trimesh.creation.icosphere(subdivisions=2, radius=visual.size[0])


def fine_glb(visual: Visual) -> bytes:
    """One visual as a binary glTF: every triangle of its mesh, smooth but for its edges, of its link's material."""
    look = look_of(visual)
    material = PBRMaterial(
        name=look.name,
        baseColorFactor=[*look.color, visual.color[3]],
        metallicFactor=look.metallic,
        roughnessFactor=look.roughness,
        doubleSided=True,  # plates of the forearm are open where other plates meet them
        alphaMode=None if visual.color[3] >= 1.0 else "BLEND",
    )
    smooth = _smooth(mesh_of(visual))
    smooth.visual = trimesh.visual.TextureVisuals(material=material)
    return export_glb(smooth, include_normals=True)


def simple_glb(visual: Visual, mesh: trimesh.Trimesh) -> bytes:
    """One visual as a binary glTF for software: `mesh`, its light and shade in its colours, nothing left to reckon."""
    smooth = _smooth(mesh)
    light = 0.5 + 0.5 * smooth.vertex_normals @ (SKY / np.linalg.norm(SKY))
    shade = SHADE + (1.0 - SHADE) * light
    color = np.clip(look_of(visual).simple * shade[:, None], 0.0, 1.0) ** GAMMA  # glTF's colours are linear
    smooth.visual = trimesh.visual.ColorVisuals(smooth, vertex_colors=np.round(255 * color).astype(np.uint8))
    return export_glb(smooth, include_normals=False, tree_postprocessor=partial(_unlit, opacity=visual.color[3]))


def simple_meshes(visuals: Sequence[Visual], triangles: int) -> list[trimesh.Trimesh]:
    """One closed mesh a visual, in its own frame [m], of about `triangles` in all; assemblies are hulls of pieces.

    For browsers that draw in software.
    """
    whole = [_plain(visual) for visual in visuals]
    counts = np.array([len(mesh.faces) for mesh in whole])
    hulls = np.array([mesh.metadata.get("hulls", False) for mesh in whole])
    shares = share_out(np.where(hulls, 0, counts), max(triangles - int(counts[hulls].sum()), 0))
    return [
        mesh if hull or share >= count else _simplified(visual, int(share))
        for visual, mesh, hull, share, count in zip(visuals, whole, hulls, shares, counts, strict=True)
    ]


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


def _smooth(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The same surface with normals: at each corner of a face the mean, by area, of those faces around it that meet
    this one at less than an edge's angle. Vertices are split where an edge passes through."""
    normals, areas, least = mesh.face_normals, mesh.area_faces, np.cos(CREASE_RAD)
    corners = mesh.faces.ravel()
    order = np.argsort(corners, kind="stable")
    ends = np.flatnonzero(np.diff(corners[order])) + 1
    found = np.empty((len(corners), 3))
    for around in np.split(order, ends):
        near = normals[around // 3]
        together = (near @ near.T >= least) * areas[around // 3]
        found[around] = together @ near
    length = np.linalg.norm(found, axis=1, keepdims=True)
    found = np.where(length > 0.0, found / np.where(length > 0.0, length, 1.0), [0.0, 0.0, 1.0])  # faces of no area
    keys = np.column_stack([corners, np.round(found * 1000.0)]).astype(np.int64)
    _, first, faces = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return trimesh.Trimesh(
        mesh.vertices[corners[first]], faces.reshape(-1, 3), vertex_normals=found[first], process=False, validate=False
    )


def _plain(visual: Visual) -> trimesh.Trimesh:
    return _plain_file(visual.filename, visual.size) if visual.shape == "mesh" else mesh_of(visual)


@cache
def _plain_file(filename: str, scale: tuple[float, ...]) -> trimesh.Trimesh:
    """A mesh without what is inside it; an assembly as the hulls of its pieces."""
    whole = _from_file(filename, scale)
    pieces = [piece for piece in whole.split(only_watertight=False) if piece.extents.max() > INSIDE_M]
    hulls = len(pieces) > ASSEMBLED
    if hulls:
        pieces = [_hull(piece) for piece in pieces if piece.area > SCREW_M2]
    mesh = trimesh.util.concatenate(pieces)
    mesh.metadata["hulls"] = hulls
    return mesh


def _hull(piece: trimesh.Trimesh) -> trimesh.Trimesh:
    extents = np.maximum(piece.extents, 1e-6)
    reach = piece.vertices / extents @ DIRECTIONS.T
    return trimesh.convex.convex_hull(piece.vertices[np.unique(reach.argmax(axis=0))])


@cache
def _simplified_file(filename: str, scale: tuple[float, ...], triangles: int) -> trimesh.Trimesh:
    # In metres: how far the simplification goes depends on the unit.
    return _plain_file(filename, scale).simplify_quadric_decimation(face_count=triangles, aggression=CAREFUL)


def _simplified(visual: Visual, triangles: int) -> trimesh.Trimesh:
    return _simplified_file(visual.filename, visual.size, triangles) if visual.shape == "mesh" else mesh_of(visual)


def _unlit(tree: dict[str, Any], opacity: float) -> None:
    """Gives all primitives of a glTF a material that needs no light (KHR_materials_unlit)."""
    blend = {} if opacity >= 1.0 else {"alphaMode": "BLEND"}
    factor = {"baseColorFactor": [1.0, 1.0, 1.0, opacity]}
    unlit = {"pbrMetallicRoughness": factor, "extensions": {"KHR_materials_unlit": {}}, **blend}
    tree["materials"] = [unlit]
    tree["extensionsUsed"] = ["KHR_materials_unlit"]
    for mesh in tree["meshes"]:
        for primitive in mesh["primitives"]:
            primitive["material"] = 0
