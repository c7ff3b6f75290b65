"""Which fingertip markers are hidden: the box behind each nail against other fingers and the object (C.2).

The paper asks for collisions of a weightless box site. Here every candidate geom is represented by its own bounding
box, and boxes are compared by the separating-axis test (Gottschalk, Lin and Manocha, 1996): exact for the object,
slightly early for the fingers' capsules. Pairs whose bounding spheres are apart are dropped first.
"""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch

import inhand_kernels
from inhand_description import FINGERS, collision_geoms
from inhand_sim.ranges import OcclusionRange

_OBJECT = len(FINGERS)


class NailOcclusion:
    """Tests the five nail boxes of B worlds.

    Args:
        batch: the worlds; geom and site poses are read as of the last kinematics.
        config: the gap below which a marker is hidden.
    """

    def __init__(self, batch: Batch, config: OcclusionRange) -> None:
        model = batch.model
        owner = np.array([_owner(model, geom) for geom in range(model.ngeom)])
        collides = collision_geoms(model)
        geoms = collides[owner[collides] >= 0]
        nails = np.array([model.site(f"nail_{finger}").id for finger in FINGERS])
        self._occlusion = inhand_kernels.Occlusion(
            sites_in_model=model.nsite,
            geoms_in_model=model.ngeom,
            sites=nails,
            half=model.site_size[nails] + config.distance.value,
            geoms=geoms,
            tested=np.arange(len(FINGERS))[:, None] != owner[geoms],
        )
        sites, poses = ("site_xpos", "site_xmat"), ("geom_xpos", "geom_xmat")
        self._scene = [batch.bind(name) for name in (*sites, *poses)]
        self._scene += [batch.expand(name) for name in ("geom_aabb", "geom_rbound")]

    def hidden(self) -> np.ndarray:
        """(B, 5) bool: the fingertip's marker cannot be seen."""
        result = np.empty((len(self._scene[0]), len(FINGERS)), bool)
        self._occlusion.hidden(*self._scene, result)
        return result


def _owner(model: mujoco.MjModel, geom: int) -> int:
    """Index of the finger that a geom belongs to, `_OBJECT` for the object, -1 for the rest."""
    name = model.body(model.geom_bodyid[geom]).name
    if name == "object":
        return _OBJECT
    return next((i for i, finger in enumerate(FINGERS) if name.startswith(f"rh_{finger}")), -1)
