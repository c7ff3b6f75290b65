"""Lighter copies of the hand's meshes, for renderers that draw on a CPU."""

from __future__ import annotations

import fast_simplification
import mujoco
import numpy as np

FEWEST = 200
"""A mesh of so few triangles stays as it is."""
_CARE = 2.0
"""How hard quadric decimation tries (its `agg`, 0 … 10): at 2 it rather keeps triangles than bends outlines."""


def simplify_meshes(spec: mujoco.MjSpec, share: float) -> None:
    """Gives the geoms meshes with about `share` of their triangles, by quadric decimation; changes `spec`.

    Args:
        spec: a model that compiles.
        share: in (0, 1]; 1 leaves everything as it is.
    """
    if share == 1.0:
        return
    model = spec.compile()
    for mesh in list(spec.meshes):
        points, faces = mesh_in_file_frame(model, mesh.name)
        if len(faces) <= FEWEST:
            continue
        target = max(FEWEST, round(share * len(faces)))
        points, faces, *_ = fast_simplification.simplify(points, faces, target_count=target, agg=_CARE)
        lighter = spec.add_mesh(
            name=f"{mesh.name}_light",
            uservert=points.astype(float).ravel(),
            userface=faces.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )
        for geom in spec.geoms:
            if geom.meshname == mesh.name:
                geom.meshname = lighter.name
        spec.delete(mesh)


def mesh_in_file_frame(model: mujoco.MjModel, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) float32 [m] and triangles (m, 3) int32 of a mesh, in the frame of the file it came from.

    The compiler moves a mesh's origin into its centre of mass.
    """
    mesh = model.mesh(name).id
    start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    turn = np.empty(9)
    mujoco.mju_quat2Mat(turn, model.mesh_quat[mesh])
    points = model.mesh_vert[start : start + count] @ turn.reshape(3, 3).T + model.mesh_pos[mesh]
    start, count = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    return points.astype(np.float32), model.mesh_face[start : start + count].astype(np.int32)
