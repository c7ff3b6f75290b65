"""The hand's surfaces as the page draws them: smooth, closed, and where the hand is."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh

from inhand_console.hand_mesh import CREASE_RAD, INSIDE_M, fine_glb, mesh_of, share_out, simple_glb, simple_meshes
from inhand_console.materials import KINDS, look_of
from inhand_viz.model import load_hand

VISUALS = load_hand().visuals
NAMES = [visual.link for visual in VISUALS]
BUDGET = 12_000
TOLERATED_M = 2e-3


@pytest.fixture(scope="module")
def simple() -> list[trimesh.Trimesh]:
    return simple_meshes(VISUALS, BUDGET)


def tree_of(glb: bytes) -> dict:
    """The JSON of a binary glTF."""
    length = struct.unpack_from("<I", glb, 12)[0]
    return json.loads(glb[20 : 20 + length])


def attribute(glb: bytes, name: str) -> np.ndarray:
    """(n, …) values of a vertex attribute of a glTF's one primitive."""
    tree = tree_of(glb)
    accessor = tree["accessors"][tree["meshes"][0]["primitives"][0]["attributes"][name]]
    view = tree["bufferViews"][accessor["bufferView"]]
    kind, width = {5121: "u1", 5126: "<f4"}[accessor["componentType"]], {"VEC3": 3, "VEC4": 4}[accessor["type"]]
    start = 28 + struct.unpack_from("<I", glb, 12)[0] + view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    return np.frombuffer(glb, kind, accessor["count"] * width, start).reshape(-1, width)


def loaded(glb: bytes) -> trimesh.Trimesh:
    return trimesh.load(io.BytesIO(glb), file_type="glb", force="mesh", process=False)


def test_the_simple_hand_has_the_triangles_it_may_have(simple: list[trimesh.Trimesh]) -> None:
    counts = [len(mesh.faces) for mesh in simple]
    assert sum(len(mesh_of(visual).faces) for visual in VISUALS) > 3 * BUDGET
    assert sum(counts) <= 1.05 * BUDGET


@pytest.mark.parametrize("i", range(len(VISUALS)), ids=NAMES)
def test_every_simple_part_is_closed_and_where_the_part_is(simple: list[trimesh.Trimesh], i: int) -> None:
    _, faces_of_an_edge = np.unique(simple[i].edges_sorted, axis=0, return_counts=True)
    assert (faces_of_an_edge == 2).all()
    shown = [piece for piece in mesh_of(VISUALS[i]).split(only_watertight=False) if piece.extents.max() > INSIDE_M]
    np.testing.assert_allclose(simple[i].bounds, trimesh.util.concatenate(shown).bounds, atol=TOLERATED_M)


def test_the_forearm_is_shut_at_its_wrist(simple: list[trimesh.Trimesh]) -> None:
    """Looked at from the fingers it shows its plate, not its inside: thinned out as a whole it gaped."""
    forearm = simple[NAMES.index("rh_forearm")]
    x, y = (part.ravel() for part in np.meshgrid(*[np.linspace(-0.04, 0.04, 9)] * 2))
    starts = np.stack([x, y, np.full(x.shape, 0.5)], axis=1)
    down = np.tile([0.0, 0.0, -1.0], (len(starts), 1))
    hits, rays, _ = forearm.ray.intersects_location(starts, down)
    reached = np.full(len(starts), -np.inf)
    np.maximum.at(reached, rays, hits[:, 2])
    assert reached.min() > 0.17


@pytest.mark.parametrize("i", [NAMES.index(name) for name in ("rh_forearm", "rh_palm", "rh_ffdistal")])
def test_the_full_hand_keeps_every_triangle_and_is_smooth_but_for_its_edges(i: int) -> None:
    whole, glb = mesh_of(VISUALS[i]), fine_glb(VISUALS[i])
    drawn = loaded(glb)
    assert len(drawn.faces) == len(whole.faces)
    np.testing.assert_allclose(drawn.bounds, whole.bounds, atol=1e-6)
    material = tree_of(glb)["materials"][0]
    assert material["name"] == look_of(VISUALS[i]).name and "extensions" not in material
    normals = attribute(glb, "NORMAL")
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-3)
    # No normal leans further from its face than an edge's angle, and most lean: no blobs over plates, no facets.
    away = np.einsum("fij,fj->fi", normals[drawn.faces].astype(float), drawn.face_normals)
    real = drawn.area_faces > 1e-9
    assert away[real].min() >= np.cos(CREASE_RAD) - 1e-2
    assert (away[real] < 1.0 - 1e-5).mean() > 0.2


def test_a_simple_surface_needs_no_light_and_carries_its_shade(simple: list[trimesh.Trimesh]) -> None:
    i = NAMES.index("rh_palm")
    glb = simple_glb(VISUALS[i], simple[i])
    tree = tree_of(glb)
    assert tree["materials"][0]["extensions"] == {"KHR_materials_unlit": {}}
    assert "KHR_materials_unlit" in tree["extensionsUsed"]
    assert all(part["material"] == 0 for mesh in tree["meshes"] for part in mesh["primitives"])
    colors = attribute(glb, "COLOR_0")[:, :3].astype(float)
    assert colors.max() > 2.0 * max(colors.min(), 1.0), "the side away from the light is darker"


def test_links_are_black_bare_metal_and_rubber() -> None:
    looks = {visual.link: look_of(visual).name for visual in VISUALS}
    assert looks["rh_forearm"] == "black" and looks["rh_wrist"] == looks["rh_ffknuckle"] == "metal"
    assert looks["rh_thdistal"] == "rubber" and looks["rh_palm"] == looks["rh_lfmetacarpal"] == "anodised"
    assert set(looks.values()) == {look.name for _, look in KINDS}


def test_shares_grow_with_the_count_and_stay_below_it() -> None:
    counts = np.array([0, 10, 1000, 20000])
    shares = share_out(counts, 2000)
    assert 1980 <= shares.sum() <= 2000 and (np.diff(shares) > 0).all() and (shares <= counts).all()
    assert shares[2] / counts[2] > shares[3] / counts[3]
    np.testing.assert_array_equal(share_out(counts, 10**6), counts)
