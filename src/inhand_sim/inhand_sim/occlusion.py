"""Which fingertip markers are hidden: the box behind each nail against other fingers and the object (C.2).

The paper asks for collisions of a weightless box site. Here every candidate geom is represented by its own bounding
box, and boxes are compared by the separating-axis test (Gottschalk, Lin and Manocha, 1996): exact for the object,
slightly early for the fingers' capsules. Pairs whose bounding spheres are apart are dropped first.
"""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch

from inhand_core import rotations
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
        self._geoms = collides[owner[collides] >= 0]
        self._other = np.arange(len(FINGERS))[:, None] != owner[self._geoms]
        self._nails = np.array([model.site(f"nail_{finger}").id for finger in FINGERS])
        self._half = model.site_size[self._nails] + config.distance.value
        self._nail_radius = rotations.norm(self._half)
        self._site_pos, self._site_mat = batch.bind("site_xpos"), batch.bind("site_xmat")
        self._geom_pos, self._geom_mat = batch.bind("geom_xpos"), batch.bind("geom_xmat")
        self._aabb, self._radius = batch.expand("geom_aabb"), batch.expand("geom_rbound")

    def hidden(self) -> np.ndarray:
        """(B, 5) bool: the fingertip's marker cannot be seen."""
        nails = self._site_pos[:, self._nails]
        geoms = self._geom_pos[:, self._geoms]
        reach = self._nail_radius[:, None] + self._radius[:, None, self._geoms]
        squared = np.zeros(reach.shape)
        for axis in range(3):
            squared += (nails[:, :, None, axis] - geoms[:, None, :, axis]) ** 2
        world, nail, index = np.nonzero((squared < reach * reach) & self._other)
        result = np.zeros(nails.shape[:2], bool)
        if world.size:
            touching = self._overlap(world, nail, self._geoms[index])
            result[world[touching], nail[touching]] = True
        return result

    def _overlap(self, world: np.ndarray, nail: np.ndarray, geom: np.ndarray) -> np.ndarray:
        """(n,) bool: the nail's box meets the geom's, for n candidate pairs."""
        site = self._nails[nail]
        frame = self._site_mat[world, site].reshape(-1, 3, 3)
        other = self._geom_mat[world, geom].reshape(-1, 3, 3)
        aabb = self._aabb[world, geom].reshape(-1, 6)
        offset = self._geom_pos[world, geom] - self._site_pos[world, site] + _apply(other, aabb[:, :3])
        return boxes_overlap(self._half[nail], aabb[:, 3:], _apply_inverse(frame, offset), _product(frame, other))


def boxes_overlap(half_a: np.ndarray, half_b: np.ndarray, offset: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Separating-axis test of n pairs of boxes.

    Args:
        half_a, half_b: (n, 3) half sizes [m].
        offset: (n, 3) centre of b in the frame of a [m].
        turn: (n, 3, 3) rotation of b's axes in the frame of a (columns).

    Returns:
        (n,) bool, true where the boxes touch or overlap.
    """
    size = np.abs(turn) + 1e-9
    apart = np.zeros(len(offset), bool)
    for i in range(3):
        radius = half_a[:, i] + sum(size[:, i, j] * half_b[:, j] for j in range(3))
        apart |= np.abs(offset[:, i]) > radius
    for j in range(3):
        radius = half_b[:, j] + sum(size[:, i, j] * half_a[:, i] for i in range(3))
        apart |= np.abs(sum(offset[:, i] * turn[:, i, j] for i in range(3))) > radius
    for i in range(3):
        i1, i2 = (i + 1) % 3, (i + 2) % 3
        for j in range(3):
            j1, j2 = (j + 1) % 3, (j + 2) % 3
            radius = half_a[:, i1] * size[:, i2, j] + half_a[:, i2] * size[:, i1, j]
            radius += half_b[:, j1] * size[:, i, j2] + half_b[:, j2] * size[:, i, j1]
            apart |= np.abs(offset[:, i2] * turn[:, i1, j] - offset[:, i1] * turn[:, i2, j]) > radius
    return ~apart


def _owner(model: mujoco.MjModel, geom: int) -> int:
    """Index of the finger that a geom belongs to, `_OBJECT` for the object, -1 for the rest."""
    name = model.body(model.geom_bodyid[geom]).name
    if name == "object":
        return _OBJECT
    return next((i for i, finger in enumerate(FINGERS) if name.startswith(f"rh_{finger}")), -1)


def _apply(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return matrix[:, :, 0] * vector[:, 0:1] + matrix[:, :, 1] * vector[:, 1:2] + matrix[:, :, 2] * vector[:, 2:3]


def _apply_inverse(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return matrix[:, 0] * vector[:, 0:1] + matrix[:, 1] * vector[:, 1:2] + matrix[:, 2] * vector[:, 2:3]


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """aᵀ · b of (n, 3, 3), summed in index order so that a row does not depend on n."""
    return sum(a[:, k, :, None] * b[:, k, None, :] for k in range(3))
