"""Where hand, object and markers are in a compiled model: index arrays found by name, once."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from inhand_core.rotations import wxyz_to_xyzw
from inhand_description import ACTUATOR_NAMES, FINGERS, HALL_CHANNELS, JOINT_NAMES, MARKERS

FINGERTIP_MARKERS = np.array([row.id for row in MARKERS[: len(FINGERS)]])
"""Marker indices of the fingertips, order of FINGERS."""


@dataclass(frozen=True)
class Layout:
    """Indices into a model's arrays; orders are those of inhand_description.

    Attributes:
        joints: (24,) joint ids; joint_qpos, joint_dofs: (24,) their addresses in qpos and qvel.
        object_qpos, object_dofs: addresses of the object's free joint, (7,) and (6,).
        object_body: id of the object's body.
        object_geoms, object_sites: ids of its geoms and sites.
        marker_sites: (M,) site of each marker; tip_sites: (5,) site of each fingertip.
        base_markers: marker indices on the hand's base.
        base_position: (3,) [m, world]; base_orientation: (4,) pose of hand_base.
    """

    joints: np.ndarray
    joint_qpos: np.ndarray
    joint_dofs: np.ndarray
    object_qpos: np.ndarray
    object_dofs: np.ndarray
    object_body: int
    object_geoms: np.ndarray
    object_sites: np.ndarray
    marker_sites: np.ndarray
    tip_sites: np.ndarray
    base_markers: np.ndarray
    base_position: np.ndarray
    base_orientation: np.ndarray


def columns(indices: np.ndarray) -> slice:
    """Consecutive indices as a slice: indexing with rows and a slice is much cheaper than with two arrays.

    Raises:
        ValueError: they are not consecutive.
    """
    first = int(indices[0])
    if not np.array_equal(indices, np.arange(first, first + len(indices))):
        raise ValueError(f"the model's indices {indices.tolist()} are not consecutive")
    return slice(first, first + len(indices))


def find_layout(model: mujoco.MjModel) -> Layout:
    """Looks the names of inhand_description up in `model`, which must hold hand and object.

    Raises:
        ValueError: the model's actuators are in another order, or there is no object.
        KeyError: a name is not in the model.
    """
    names = tuple(model.actuator(i).name for i in range(model.nu))
    if names != tuple(ACTUATOR_NAMES):
        raise ValueError(f"actuators are {names}, expected {tuple(ACTUATOR_NAMES)}")
    joints = np.array([model.joint(name).id for name in JOINT_NAMES])
    free = model.joint("object").id
    body = int(model.jnt_bodyid[free])
    sites = np.array([model.site(f"marker_{row.id}").id for row in MARKERS])
    on_body = model.site_bodyid[sites]
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    base = model.body("hand_base").id
    return Layout(
        joints=joints,
        joint_qpos=model.jnt_qposadr[joints],
        joint_dofs=model.jnt_dofadr[joints],
        object_qpos=model.jnt_qposadr[free] + np.arange(7),
        object_dofs=model.jnt_dofadr[free] + np.arange(6),
        object_body=body,
        object_geoms=np.flatnonzero(model.geom_bodyid == body),
        object_sites=np.flatnonzero(model.site_bodyid == body),
        marker_sites=sites,
        tip_sites=np.array([model.site(f"rh_{finger}tip").id for finger in FINGERS]),
        base_markers=np.setdiff1d(np.flatnonzero(on_body != body), FINGERTIP_MARKERS),
        base_position=data.xpos[base].copy(),
        base_orientation=wxyz_to_xyzw(data.xquat[base]),
    )


__all__ = ["FINGERTIP_MARKERS", "HALL_CHANNELS", "Layout", "find_layout"]
