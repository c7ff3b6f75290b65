"""Writes the URDF of hand and objects from the same tables as the MuJoCo model.

Joints J1 and J2 of a finger are not written as mimics: the tendon lets J2 lead J1, it does not fix their ratio.
Meshes are named package://inhand_description/meshes/…: the build copies them from gymnasium-robotics.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import mujoco
import numpy as np

from inhand_core.paths import resource_root
from inhand_description.actuators import ACTUATORS
from inhand_description.cameras import OPTICAL_FROM_CAMERA, roll_pitch_yaw
from inhand_description.contacts import is_collision_geom
from inhand_description.joints import JOINT_INDEX, JOINTS
from inhand_description.model import ModelConfig, build_spec
from inhand_description.scene import CAMERAS, CameraRow, camera_axes

MESH_FOLDER = "package://inhand_description/meshes"
NO_LOAD_SPEED = 4.0
"""Joint speed written as the URDF's velocity limit [rad/s]; Shadow states about 1 Hz full swing."""
_VISUAL_GROUP = 2


def hand_urdf() -> str:
    """URDF of the right hand: root link "world", fixed joint to "hand_base", 24 revolute joints, camera frames."""
    spec = build_spec(ModelConfig(object="none", visuals=True))
    model = spec.compile()
    files = {mesh.name: mesh.file for mesh in spec.meshes}
    robot = Element("robot", name="shadow_hand_right")
    SubElement(robot, "link", name="world")
    for body in range(1, model.nbody):
        _link(robot, model, body, files)
        _joint(robot, model, body)
    for camera in CAMERAS:
        _camera(robot, camera)
    return _text(robot)


def object_urdf(name: str) -> str:
    """URDF of an object: one link "object"; its pieces, its mesh if it has one, and a coloured tile a face."""
    spec = build_spec(ModelConfig(object=name, visuals=True))
    files = {mesh.name: _address(mesh.file) for mesh in spec.meshes if mesh.name.startswith("object")}
    model = spec.compile()
    robot = Element("robot", name=name)
    body = model.body("object").id
    link = SubElement(robot, "link", name="object")
    _inertial(link, model, body)
    for geom in np.flatnonzero(model.geom_bodyid == body).tolist():
        name = model.geom(geom).name
        element = SubElement(link, "visual", name=name)
        _shape(element, model, geom, files)
        _material(element, name, model.geom_rgba[geom])
        if is_collision_geom(name):
            _shape(SubElement(link, "collision", name=name), model, geom, files)
    return _text(robot)


def _link(robot: Element, model: mujoco.MjModel, body: int, files: dict[str, str]) -> None:
    link = SubElement(robot, "link", name=model.body(body).name)
    _inertial(link, model, body)
    for geom in np.flatnonzero(model.geom_bodyid == body).tolist():
        visual = model.geom_group[geom] == _VISUAL_GROUP
        element = SubElement(link, "visual" if visual else "collision")
        _shape(element, model, geom, files)
        if visual:
            _material(element, "shell", model.geom_rgba[geom])


def _inertial(link: Element, model: mujoco.MjModel, body: int) -> None:
    if model.body_mass[body] <= 0.0:
        return
    inertial = SubElement(link, "inertial")
    _origin(inertial, model.body_ipos[body], _matrix(model.body_iquat[body]))
    SubElement(inertial, "mass", value=_number(model.body_mass[body]))
    diagonal = dict(zip(("ixx", "iyy", "izz"), map(_number, model.body_inertia[body]), strict=True))
    SubElement(inertial, "inertia", ixy="0", ixz="0", iyz="0", **diagonal)


def _joint(robot: Element, model: mujoco.MjModel, body: int) -> None:
    count = int(model.body_jntnum[body])
    name = model.joint(model.body_jntadr[body]).name if count else f"{model.body(body).name}_fixed"
    joint = SubElement(robot, "joint", name=name, type="revolute" if count else "fixed")
    _origin(joint, model.body_pos[body], _matrix(model.body_quat[body]))
    SubElement(joint, "parent", link=model.body(model.body_parentid[body]).name)
    SubElement(joint, "child", link=model.body(body).name)
    if not count:
        return
    row = JOINTS[JOINT_INDEX[name]]
    effort = next(actuator.force for actuator in ACTUATORS if name in actuator.joints)
    SubElement(joint, "axis", xyz=_vector(model.jnt_axis[model.body_jntadr[body]]))
    limit = {"lower": row.lower, "upper": row.upper, "effort": effort, "velocity": NO_LOAD_SPEED}
    SubElement(joint, "limit", {key: _number(value) for key, value in limit.items()})
    SubElement(joint, "dynamics", damping=_number(row.damping), friction=_number(row.friction_loss))


def _camera(robot: Element, camera: CameraRow) -> None:
    """camera_<name> as MuJoCo has it; camera_<name>_optical_frame as REP-103: z forward, x right, y down."""
    name = f"camera_{camera.name}"
    axes = camera_axes(camera)
    for link, parent, position, rotation in (
        (name, "world", camera.position, axes),
        (f"{name}_optical_frame", name, (0.0, 0.0, 0.0), OPTICAL_FROM_CAMERA),
    ):
        SubElement(robot, "link", name=link)
        joint = SubElement(robot, "joint", name=f"{link}_fixed", type="fixed")
        _origin(joint, np.array(position), rotation)
        SubElement(joint, "parent", link=parent)
        SubElement(joint, "child", link=link)


def _shape(element: Element, model: mujoco.MjModel, geom: int, files: dict[str, str]) -> None:
    """Geometry and its origin; a capsule becomes the cylinder of its full length, which URDF can say."""
    position, rotation = model.geom_pos[geom], _matrix(model.geom_quat[geom])
    kind, size = model.geom_type[geom], model.geom_size[geom]
    mesh = int(model.geom_dataid[geom])
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        # MuJoCo moves a mesh to its centre and principal axes when it compiles; the file is where it was.
        rotation = rotation @ _matrix(model.mesh_quat[mesh]).T
        position = position - rotation @ model.mesh_pos[mesh]
    _origin(element, position, rotation)
    geometry = SubElement(element, "geometry")
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        file = files[model.mesh(mesh).name]
        address = file if ":" in file else f"{MESH_FOLDER}/{file}"
        SubElement(geometry, "mesh", filename=address, scale=_vector(model.mesh_scale[mesh]))
    elif kind == mujoco.mjtGeom.mjGEOM_BOX:
        SubElement(geometry, "box", size=_vector(2.0 * size))
    elif kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        SubElement(geometry, "sphere", radius=_number(size[0]))
    else:
        ends = size[0] if kind == mujoco.mjtGeom.mjGEOM_CAPSULE else 0.0
        SubElement(geometry, "cylinder", radius=_number(size[0]), length=_number(2.0 * (size[1] + ends)))


def _address(file: str) -> str:
    """Where RViz finds a mesh of an object: as one of the project's package, else by its path."""
    path, root = Path(file).resolve(), (resource_root() / "config").resolve().parent  # a checkout links to the package
    return f"package://inhand_bringup/{path.relative_to(root)}" if path.is_relative_to(root) else path.as_uri()


def _material(element: Element, name: str, rgba: np.ndarray) -> None:
    material = SubElement(element, "material", name=name)
    SubElement(material, "color", rgba=" ".join(f"{value:.3g}" for value in rgba))


def _origin(element: Element, position: np.ndarray, rotation: np.ndarray) -> None:
    SubElement(element, "origin", xyz=_vector(position), rpy=_vector(roll_pitch_yaw(rotation)))


def _matrix(quat: np.ndarray) -> np.ndarray:
    """Rotation matrix of a quaternion with w first."""
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, quat)
    return matrix.reshape(3, 3)


def _number(value: float) -> str:
    return f"{value + 0.0:.9g}"


def _vector(values: np.ndarray | tuple[float, ...]) -> str:
    rounded = [0.0 if abs(value) < 1e-12 else float(value) for value in values]
    return " ".join(_number(value) for value in rounded)


def _text(robot: Element) -> str:
    ElementTree.indent(robot)
    note = "<!-- Written by `inhand description write` from the tables of inhand_description. -->"
    return f'<?xml version="1.0"?>\n{note}\n{ElementTree.tostring(robot, encoding="unicode")}\n'
