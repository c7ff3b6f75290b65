"""Writes the worlds' draws into the batched model, with everything MuJoCo derives from what has changed."""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch

from inhand_sim.draws import WorldDraw
from inhand_sim.layout import Layout, columns

# Fields written here, per world, and those of the object's geoms that no mj_setConst recomputes.
_PHYSICS_FIELDS = (
    "body_mass",
    "body_inertia",
    "body_ipos",
    "geom_size",
    "geom_pos",
    "geom_rbound",
    "geom_aabb",
    "bvh_aabb",
    "geom_friction",
    "pair_friction",
    "dof_damping",
    "actuator_gainprm",
    "actuator_biasprm",
    "jnt_range",
    "opt.gravity",
    "site_pos",
)


class WorldModels:
    """The per-world model fields of a batch.

    Masses, inertias, sizes, friction, damping, gains, limits, gravity and marker places are scaled or shifted from
    the nominal model, then mj_setConst recomputes subtree masses, inverse weights and lengths in those worlds. The
    object's bounding sphere, boxes and markers scale with it; an object with pieces that are meshes keeps its size.
    An actuator's gain is its servo's P term, or scales its torque where the controller outside closes the loop.

    Args:
        batch: the worlds.
        layout: where hand, object and markers are in the model.
        min_joint_span: least distance of a joint's limits after the draw [rad].
    """

    def __init__(self, batch: Batch, layout: Layout, min_joint_span: float) -> None:
        model = batch.model
        meshes = (model.geom_type[layout.object_geoms] == mujoco.mjtGeom.mjGEOM_MESH).any()
        self._resizable = not meshes  # a mesh's points are the same in all worlds
        self._batch, self._layout, self._span = batch, layout, min_joint_span
        self._nominal = {name: np.array(_field(model, name)) for name in _PHYSICS_FIELDS}
        self._world = {name: batch.expand(name) for name in _PHYSICS_FIELDS}
        self._joints, self._dofs = columns(layout.joints), columns(layout.joint_dofs)
        self._geoms, self._sites = columns(layout.object_geoms), columns(layout.object_sites)
        self._body, self._bvh = layout.object_body, _bvh_rows(model, layout.object_body)
        self._hand_side, self._object_side = _sides_of_pairs(model, layout.object_geoms)

    def write(self, draw: WorldDraw, rows: np.ndarray) -> None:
        """Applies the rows `rows` (n,) of the draw; the worlds' states are kept."""
        nominal, world = self._nominal, self._world
        mass = draw.mass[rows]
        world["body_mass"][rows] = nominal["body_mass"] * mass
        world["body_inertia"][rows] = nominal["body_inertia"] * mass[:, :, None]
        self._write_friction(draw.friction[rows], rows)
        damping = np.ones((len(rows), len(nominal["dof_damping"])))
        damping[:, self._dofs] = draw.damping[rows]
        world["dof_damping"][rows] = nominal["dof_damping"] * damping
        gain, bias = nominal["actuator_gainprm"][:, 0], nominal["actuator_biasprm"][:, 1]
        world["actuator_gainprm"][rows, :, 0] = gain * draw.gain[rows]
        world["actuator_biasprm"][rows, :, 1] = bias * draw.gain[rows]
        world["jnt_range"][rows, self._joints] = self._limits(draw.limits[rows])
        world["opt.gravity"][rows] = nominal["opt.gravity"] + draw.gravity[rows]
        self._write_object(draw.size[rows], rows)
        world["site_pos"][np.ix_(rows, self._layout.marker_sites)] += draw.markers[rows]
        self._batch.set_const(rows)

    def limits(self, rows: np.ndarray) -> np.ndarray:
        """Joint limits (n, 24, 2) [rad] of the worlds `rows`."""
        return self._world["jnt_range"][rows, self._joints]

    def _limits(self, shift: np.ndarray) -> np.ndarray:
        """Shifted limits (n, 24, 2) [rad]; a joint that is held by limits closer than the least span stays held."""
        nominal = self._nominal["jnt_range"][self._joints]
        held = (nominal[:, 1] - nominal[:, 0] <= self._span)[:, None]
        limits = nominal + shift
        middle = 0.5 * (limits[..., :1] + limits[..., 1:])
        half = np.maximum(0.5 * (limits[..., 1:] - limits[..., :1]), 0.5 * self._span)
        return np.where(held, nominal, np.concatenate([middle - half, middle + half], axis=-1))

    def _write_friction(self, friction: np.ndarray, rows: np.ndarray) -> None:
        """Friction of surfaces, and of pairs the larger of their two surfaces'; `friction` (n, 2): hand, object."""
        nominal, world = self._nominal["geom_friction"], self._world
        hand, thing = friction[:, :1, None], friction[:, 1:, None]
        world["geom_friction"][rows] = nominal * hand
        world["geom_friction"][rows, self._geoms] = nominal[self._geoms] * thing
        world["pair_friction"][rows] = np.maximum(self._hand_side * hand, self._object_side * thing)

    def _write_object(self, size: np.ndarray, rows: np.ndarray) -> None:
        nominal, world, geoms = self._nominal, self._world, self._geoms
        size = size if self._resizable else np.ones_like(size)
        factor = size[:, None, None]
        for name in ("geom_size", "geom_pos", "geom_aabb"):
            world[name][rows, geoms] = nominal[name][geoms] * factor
        world["geom_rbound"][rows, geoms] = nominal["geom_rbound"][geoms] * size[:, None]
        world["bvh_aabb"][rows, self._bvh] = nominal["bvh_aabb"][self._bvh] * factor
        world["body_ipos"][rows, self._body] = nominal["body_ipos"][self._body] * size[:, None]
        world["body_inertia"][rows, self._body] *= (size * size)[:, None]
        world["site_pos"][rows] = nominal["site_pos"]
        world["site_pos"][rows, self._sites] *= factor


def _field(model: mujoco.MjModel, name: str) -> np.ndarray:
    return getattr(model.opt, name[4:]) if name.startswith("opt.") else getattr(model, name)


def _sides_of_pairs(model: mujoco.MjModel, object_geoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Friction (pairs, 5) that the hand's surface and the object's bring to each pair; 0 where the object has no part.

    The larger of both is the pair's in the model.
    """
    slide_twist_roll = [0, 0, 1, 2, 2]
    first, second = (geoms[:, None] == object_geoms for geoms in (model.pair_geom1, model.pair_geom2))
    of_object = (first | second).any(axis=1)[:, None]
    thing = np.where(second.any(axis=1), model.pair_geom2, model.pair_geom1)
    hand = np.where(second.any(axis=1), model.pair_geom1, model.pair_geom2)
    friction = model.geom_friction[:, slide_twist_roll]
    return np.where(of_object, friction[hand], model.pair_friction), np.where(of_object, friction[thing], 0.0)


def _bvh_rows(model: mujoco.MjModel, body: int) -> slice:
    start = max(int(model.body_bvhadr[body]), 0)
    return slice(start, start + int(model.body_bvhnum[body]))
