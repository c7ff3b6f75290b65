"""Convex pieces of a mesh, by CoACD (Wei et al., 2022): what MuJoCo's contacts need of a shape that is not convex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError


def decompose(mesh: Path, out: Path, pieces: int, detail: float) -> list[Path]:
    """Writes the pieces as <mesh>_0.obj, … into `out`; returns their paths.

    Raises:
        ConfigError: the mesh is missing or not closed.
    """
    import coacd
    import trimesh
    from trimesh.exchange.obj import export_obj

    if not mesh.is_file():
        raise ConfigError(f"no mesh {mesh}")
    whole = trimesh.load_mesh(mesh)
    if not whole.is_watertight:
        raise ConfigError(f"mesh {mesh} is not closed: an edge belongs to one triangle only")
    coacd.set_log_level("error")
    cut = coacd.run_coacd(
        coacd.Mesh(whole.vertices, whole.faces), threshold=detail, max_convex_hull=pieces, merge=True, seed=0
    )
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    form: dict[str, Any] = {"include_normals": False, "include_texture": False, "digits": 6, "header": None}
    for index, (vertices, triangles) in enumerate(cut):
        hull = trimesh.Trimesh(vertices, triangles).convex_hull
        paths.append(out / f"{mesh.stem}_{index}.obj")
        paths[-1].write_text(export_obj(hull, **form))
    return paths
