"""Builds the MuJoCo model of hand and object from the tables and the assets of gymnasium-robotics."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import mujoco
import numpy as np

from inhand_core.config import ConfigError
from inhand_core.rotations import rotate, xyzw_to_wxyz
from inhand_description.actuators import ACTUATORS
from inhand_description.calibration import apply_calibration, load_calibration
from inhand_description.contacts import FINGERTIP_TORSION, set_contacts
from inhand_description.joints import COUPLINGS, JOINTS
from inhand_description.markers import NAILS, MarkerRow, markers, object_markers
from inhand_description.objects import OBJECTS
from inhand_description.scene import CAMERAS, HAND_BASE, LIGHTS, START, camera_axes
from inhand_description.things import Thing, add_pieces

LOCKED_WRIST = {"rh_WRJ1": -0.32}
"""Angles [rad] at which a locked wrist is held. The paper (6.1) locks the pitch alone and does not say where; this is
where gymnasium-robotics starts its hand (HandReach). On a level palm the block lies at the heel, out of the fingers'
reach; from -0.4 on it slides off. Policies that may move the joint keep it at -0.5 on average.
"""
_PREFIX = "robot0:"
_VISUAL_GROUP, _SITE_GROUP = 2, 4
_THIN = 0.0002
"""Half the thickness of a tile [m]."""


Actuation = Literal["servo", "torque"]


@dataclass(frozen=True)
class ModelConfig:
    """What to build.

    Attributes:
        object: name or path of an object, see `inhand_description.objects`; "none": the hand alone.
        actuation: "servo": ctrl is the target angle [rad] (position servos); "torque": ctrl is the torque [N m].
        timestep: physics step [s].
        visuals: visual meshes, coloured faces, cameras and lights; off for training.
        locked_wrist: the wrist's pitch is held at `LOCKED_WRIST` by narrow limits.
        cone: friction cone of the contacts.
        iterations, ls_iterations: limits of the Newton solver and its line search.
        calibration: file of `inhand calibrate model` whose values replace those of the tables; empty: none.
        fingertip_torsion: torsional friction of the fingertips [m].
    """

    object: str = "block"
    actuation: Actuation = "servo"
    timestep: float = 0.008
    visuals: bool = False
    locked_wrist: bool = False
    cone: Literal["pyramidal", "elliptic"] = "pyramidal"
    iterations: int = 10
    ls_iterations: int = 8
    calibration: str = ""
    fingertip_torsion: float = FINGERTIP_TORSION


def asset_folder() -> Path:
    """Folder of the hand's XML and meshes in the installed gymnasium-robotics, without importing it.

    Raises:
        ConfigError: the package is not installed.
    """
    found = importlib.util.find_spec("gymnasium_robotics")
    if found is None or not found.submodule_search_locations:
        raise ConfigError("the hand's meshes come with the Python package gymnasium-robotics, which is not installed")
    return Path(found.submodule_search_locations[0]) / "envs/assets/hand"


def build_model(config: ModelConfig | None = None) -> mujoco.MjModel:
    """The compiled model of `build_spec`."""
    return build_spec(config).compile()


def build_spec(config: ModelConfig | None = None) -> mujoco.MjSpec:
    """The model as an editable MjSpec.

    qpos: 24 joints in the order of JOINTS, then position and quaternion (w first) of the object's free joint "object".
    Sites: marker_<id>, rh_<finger>tip, nail_<finger>. Cameras and lights exist with `visuals` alone.
    """
    config = config or ModelConfig()
    spec = mujoco.MjSpec.from_file(str(asset_folder() / "manipulate_block.xml"))
    _strip(spec, config.visuals)
    _rename(spec)
    _set_joints(spec, config.locked_wrist)
    _add_actuators(spec, config.actuation)
    _add_sites(spec, config.object)
    if config.object != "none":
        _add_object(spec, OBJECTS[config.object], config.visuals)
    if config.calibration:
        held = LOCKED_WRIST if config.locked_wrist else ()
        apply_calibration(spec, load_calibration(config.calibration), config.actuation, held)
    set_contacts(spec, config.fingertip_torsion)
    if config.visuals:
        _add_cameras_and_lights(spec)
    option = spec.option
    option.timestep, option.iterations, option.ls_iterations = config.timestep, config.iterations, config.ls_iterations
    # At 8 ms, against steps of 0.5 ms, as exact as implicitfast (joint angles within 0.02 rad), and 5 % cheaper.
    option.integrator = mujoco.mjtIntegrator.mjINT_EULER
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.disableflags |= (
        mujoco.mjtDisableBit.mjDSBL_ISLAND
    )  # hand and object mostly touch: one island, found for nothing
    pyramidal = config.cone == "pyramidal"
    option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL if pyramidal else mujoco.mjtCone.mjCONE_ELLIPTIC
    return spec


def _strip(spec: mujoco.MjSpec, visuals: bool) -> None:
    """Keeps bodies, joints, collision geoms and their pairs; the tables bring the rest.

    Two 1 mm boxes in the thumb and the forearm's mesh collide with nothing that matters and cost time.
    """
    for body in list(spec.bodies):
        if body.name in ("target", "floor0", "object"):
            spec.delete(body)
    for geom in list(spec.geoms):
        visual = geom.contype == 0 and geom.conaffinity == 0
        stub = geom.name in ("floor0", f"{_PREFIX}V_thbase", f"{_PREFIX}V_thhub", f"{_PREFIX}C_forearm")
        if stub or (visual and not visuals):
            spec.delete(geom)
        elif visual:
            geom.group, geom.rgba = _VISUAL_GROUP, [0.30, 0.31, 0.33, 1.0]
            geom.material = ""
    for group in (spec.tendons, spec.sensors, spec.lights, spec.cameras, spec.actuators, spec.sites):
        for element in list(group):
            spec.delete(element)
    used = {geom.meshname for geom in spec.geoms}
    for mesh in list(spec.meshes):
        if mesh.name not in used:
            spec.delete(mesh)


def _rename(spec: mujoco.MjSpec) -> None:
    """Shadow's names: rh_ before everything; joints are numbered from 1."""
    by_asset = {row.asset: row for row in JOINTS}
    for body in spec.bodies:
        if body.name == f"{_PREFIX}hand mount":
            body.name = "hand_base"
            body.pos = HAND_BASE.position
            body.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
            body.quat = xyzw_to_wxyz(np.array(HAND_BASE.orientation))
        elif body.name.startswith(_PREFIX):
            body.name = "rh_" + body.name.removeprefix(_PREFIX)
    for pair in spec.pairs:
        pair.geomname1 = "rh_" + pair.geomname1.removeprefix(_PREFIX)
        pair.geomname2 = "rh_" + pair.geomname2.removeprefix(_PREFIX)
    for geom in spec.geoms:
        geom.name = "rh_" + geom.name.removeprefix(_PREFIX)
    for joint in spec.joints:
        joint.name = by_asset[joint.name.removeprefix(_PREFIX)].name


def _set_joints(spec: mujoco.MjSpec, locked_wrist: bool) -> None:
    joints = {joint.name: joint for joint in spec.joints}
    for row in JOINTS:
        joint = joints[row.name]
        joint.range = [row.lower, row.upper]
        joint.limited = mujoco.mjtLimited.mjLIMITED_TRUE
        joint.damping = np.array([row.damping, 0.0, 0.0])
        joint.armature, joint.frictionloss = row.armature, row.friction_loss
        if row.flip:
            joint.axis = -np.array(joint.axis)
        if locked_wrist and row.name in LOCKED_WRIST:
            angle = LOCKED_WRIST[row.name]
            joint.range = [angle - 1e-3, angle + 1e-3]
    for row in COUPLINGS:
        finger = row.finger.upper()
        total = spec.add_tendon(name=f"rh_{finger}J0")
        lead = spec.add_tendon(name=f"rh_{finger}J2-{finger}J1")
        for tendon, sign in ((total, 1.0), (lead, -1.0)):
            tendon.wrap_joint(row.j2, 1.0)
            tendon.wrap_joint(row.j1, sign)
        lead.limited = mujoco.mjtLimited.mjLIMITED_TRUE
        lead.range = [row.lead_lower, row.lead_upper]


def _add_actuators(spec: mujoco.MjSpec, actuation: str) -> None:
    """Servo: force = kp (ctrl - q) - kd dq/dt; torque: force = ctrl; both within the force limit."""
    for row in ACTUATORS:
        kind = mujoco.mjtTrn.mjTRN_TENDON if row.coupled else mujoco.mjtTrn.mjTRN_JOINT
        actuator = spec.add_actuator(name=row.name, trntype=kind, target=row.name)
        actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        actuator.forcerange = [-row.force, row.force]
        actuator.ctrllimited = mujoco.mjtLimited.mjLIMITED_TRUE
        actuator.gaintype = mujoco.mjtGain.mjGAIN_FIXED
        if actuation == "servo":
            actuator.ctrlrange = [row.lower, row.upper]
            actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
            actuator.gainprm[0] = row.kp
            actuator.biasprm[1], actuator.biasprm[2] = -row.kp, -row.kd
        else:
            actuator.ctrlrange = [-row.force, row.force]
            actuator.gainprm[0] = 1.0


def _add_sites(spec: mujoco.MjSpec, object_name: str) -> None:
    box = mujoco.mjtGeom.mjGEOM_BOX
    for nail in NAILS:
        body = spec.body(nail.body)
        body.add_site(name=f"nail_{nail.finger}", pos=nail.position, type=box, size=nail.half_size, group=_SITE_GROUP)
        tip = next(geom for geom in body.geoms if geom.name == f"rh_C_{nail.finger}distal")
        end = np.add(tip.pos, (0.0, 0.0, tip.size[0] + tip.size[1]))
        body.add_site(name=f"rh_{nail.finger}tip", pos=end, group=_SITE_GROUP)
    for marker in markers(object_name):
        if marker.body != "object":
            _add_marker(spec.body(marker.body), marker)


def _add_marker(body: mujoco.MjsBody, marker: MarkerRow) -> None:
    body.add_site(
        name=f"marker_{marker.id}", pos=marker.position, size=[0.002] * 3, rgba=[0.9, 0.1, 0.1, 1.0], group=_SITE_GROUP
    )


def _add_object(spec: mujoco.MjSpec, thing: Thing, visuals: bool) -> None:
    """The free body "object" with collision geoms "object", …; coloured tiles on its faces where it is looked at."""
    start = thing.row.start.position if thing.row.start else START.object_position
    place = HAND_BASE.position + rotate(np.array(HAND_BASE.orientation), np.array(start))
    body = spec.worldbody.add_body(name="object", pos=place)
    joint = body.add_joint(name="object", type=mujoco.mjtJoint.mjJNT_FREE)
    joint.damping = np.array([thing.damping, 0.0, 0.0])
    for geom in add_pieces(body, spec, thing, thing.folder):
        geom.friction = thing.friction
        geom.rgba = [0.2, 0.2, 0.2, 1.0]
    body.explicitinertial, body.mass, body.inertia = True, thing.mass, thing.inertia
    body.ipos, body.iquat = thing.center_of_mass, thing.inertia_orientation
    if visuals:
        _add_faces(body, thing)
        if thing.row.mesh is not None:
            spec.add_mesh(name="object_mesh", file=thing.file(thing.row.mesh))
            _add_visual(body, "object_mesh", mujoco.mjtGeom.mjGEOM_MESH, [*thing.row.rgb, 1.0]).meshname = "object_mesh"
    for marker in object_markers(thing):
        _add_marker(body, marker)


def _add_visual(
    body: mujoco.MjsBody, name: str, kind: mujoco.mjtGeom, rgba: list[float], **place: Any
) -> mujoco.MjsGeom:
    """A geom that touches nothing and weighs nothing."""
    return body.add_geom(
        name=name, type=kind, rgba=rgba, mass=0.0, contype=0, conaffinity=0, group=_VISUAL_GROUP, **place
    )


def _add_faces(body: mujoco.MjsBody, thing: Thing) -> None:
    """Thin tiles; they touch nothing."""
    for face in thing.faces:
        normal = np.array(face.normal)
        x = np.array([0.0, 0.0, 1.0]) if abs(normal[2]) <= 0.5 else np.array([1.0, 0.0, 0.0])
        x = x if abs(x @ normal) < 1e-9 else np.cross(np.cross(normal, x), normal) / np.linalg.norm(np.cross(normal, x))
        frame = np.stack([np.cross(x, normal), x, normal], axis=-1)
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, frame.ravel())
        kind = mujoco.mjtGeom.mjGEOM_BOX if face.disc is None else mujoco.mjtGeom.mjGEOM_CYLINDER
        size = [*face.tile, _THIN] if face.tile is not None else [face.disc, _THIN, 0.0]
        place = normal * face.distance
        _add_visual(body, f"face_{face.name}", kind, [*face.rgb, 1.0], size=size, pos=place, quat=quat)


def _add_cameras_and_lights(spec: mujoco.MjSpec) -> None:
    for row in CAMERAS:
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, camera_axes(row).ravel())
        spec.worldbody.add_camera(
            name=row.name, pos=row.position, quat=quat, fovy=row.fovy, resolution=list(row.resolution)
        )
    for row in LIGHTS:
        spec.worldbody.add_light(pos=row.position, dir=row.direction, diffuse=row.diffuse, castshadow=row.shadow)
