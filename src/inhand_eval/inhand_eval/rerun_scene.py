"""What a bag shows in Rerun: the hand's meshes where its joints are, object and goal, markers, images, curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np

from inhand_core import rotations
from inhand_core.signals import TrialState
from inhand_data.pixels import ImageError, rgb_image
from inhand_description import ACTUATOR_NAMES, HAND_BASE, JOINT_NAMES, ModelConfig, build_model
from inhand_description.cameras import CAMERA_NAMES
from inhand_description.objects import OBJECTS
from inhand_description.things import surfaces

SHOWN = {
    "/joint_states": 25.0,
    "/object/pose": 25.0,
    "/fingertips": 25.0,
    "/mocap/markers": 25.0,
    "/goal": 0.0,
    "/trial": 0.0,
    "/policy/action": 0.0,
    "/controller/status": 0.0,
    "/sim/status": 0.0,
    **{f"/{name}/image_raw": 10.0 for name in CAMERA_NAMES},
}
"""Topics that are shown, and at most this many messages a second of each; 0: all."""
_DARK = (51, 51, 51)
_GOAL_PLACE = (0.0, -0.25, 0.1)
"""Where the goal is shown from where the object begins [m, hand_base]: beside the hand."""


class Scene:
    """Logs messages into a recording; everything in 3D lies in the frame `world`.

    Args:
        rerun: the module, which not every machine has.
        recording: a RecordingStream.
        thing: the object, by name or path.
    """

    def __init__(self, rerun: Any, recording: Any, thing: str) -> None:
        self._rerun, self._recording = rerun, recording
        self._model = build_model(ModelConfig(object="none", visuals=True))
        self._data = mujoco.MjData(self._model)
        self._bodies = self._log_hand()
        self._said: dict[str, Any] = {}
        turn = rotations.canonical(np.array(HAND_BASE.orientation))
        self._log("world/hand_base", rerun.Transform3D(translation=HAND_BASE.position, quaternion=turn), static=True)
        for name in ("object", "goal"):
            self._log_thing(f"world/hand_base/{name}", thing)
        self._takers: dict[str, Callable[[Any], None]] = {
            "/joint_states": self._joints,
            "/object/pose": lambda m: self._place("object", m.pose.pose.position, m.pose.pose.orientation),
            "/fingertips": self._fingertips,
            "/mocap/markers": self._markers,
            "/goal": lambda m: self._place("goal", None, m.orientation),
            "/trial": self._trial,
            "/policy/action": self._action,
            "/controller/status": self._controller,
            "/sim/status": lambda m: self._number("real_time_factor", m.real_time_factor),
        }

    def show(self, topic: str, message: Any, stamp_ns: int) -> None:
        """Logs a message of one of the topics `SHOWN` at a stamp [ns]."""
        self._recording.set_time("stamp", duration=np.timedelta64(stamp_ns, "ns"))
        if topic in self._takers:
            self._takers[topic](message)
            return
        name = topic.removeprefix("/").partition("/")[0]
        try:
            image = self._rerun.Image(rgb_image(message)).compress(jpeg_quality=85)
        except ImageError as error:
            self._change(f"{name}: no picture", str(error))
            return
        self._log(f"cameras/{name}", image)

    def _log(self, path: str, *parts: Any, static: bool = False) -> None:
        self._recording.log(path, *parts, static=static)

    def _log_hand(self) -> list[int]:
        """Logs each body's visual mesh once; returns the bodies that have one."""
        found, model = [], self._model
        for geom in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_MESH):
            mesh, body = model.geom_dataid[geom], model.geom_bodyid[geom]
            first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
            start, number = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
            turn = np.zeros(9)
            mujoco.mju_quat2Mat(turn, model.geom_quat[geom])
            vertices = model.mesh_vert[first : first + count] @ turn.reshape(3, 3).T + model.geom_pos[geom]
            shape = self._rerun.Mesh3D(
                vertex_positions=vertices,
                triangle_indices=model.mesh_face[start : start + number],
                albedo_factor=(120, 120, 125),
            )
            self._log(f"world/{model.body(body).name}/mesh", shape, static=True)
            found.append(int(body))
        return found

    def _log_thing(self, path: str, name: str) -> None:
        """Logs an object's surface and the tiles on it."""
        thing = OBJECTS[name]
        mesh = self._rerun.Mesh3D
        color = thing.row.rgb if thing.row.mesh is not None else tuple(part / 255.0 for part in _DARK)
        for index, (vertices, triangles) in enumerate(surfaces(thing)):
            shape = mesh(vertex_positions=vertices, triangle_indices=triangles, albedo_factor=_rgb(color))
            self._log(f"{path}/surface_{index}", shape, static=True)
        for face in thing.faces:
            outline = face.outline(0.0005)
            fan = [(0, k, k + 1) for k in range(1, len(outline) - 1)]
            shape = mesh(vertex_positions=outline, triangle_indices=fan, albedo_factor=_rgb(face.rgb))
            self._log(f"{path}/{face.name}", shape, static=True)

    def _joints(self, message: Any) -> None:
        found = dict(zip(message.name, message.position))
        for name in JOINT_NAMES:
            if name in found:
                self._data.qpos[self._model.joint(name).qposadr[0]] = found[name]
                self._number(f"joints/{name}", found[name])
        mujoco.mj_kinematics(self._model, self._data)
        for body in self._bodies:
            turn = rotations.wxyz_to_xyzw(self._data.xquat[body])
            place = self._rerun.Transform3D(translation=self._data.xpos[body], quaternion=turn)
            self._log(f"world/{self._model.body(body).name}", place)

    def _place(self, name: str, position: Any, orientation: Any) -> None:
        q = orientation
        place = _GOAL_PLACE if position is None else (position.x, position.y, position.z)
        turn = np.array([q.x, q.y, q.z, q.w])
        self._log(f"world/hand_base/{name}", self._rerun.Transform3D(translation=place, quaternion=turn))

    def _fingertips(self, message: Any) -> None:
        places = [(p.x, p.y, p.z) for p, seen in zip(message.position, message.valid) if seen]
        self._log("world/hand_base/fingertips", self._rerun.Points3D(places, radii=0.004, colors=(240, 180, 40)))

    def _markers(self, message: Any) -> None:
        seen = np.asarray(message.condition) > 0.0
        places = np.stack([message.x, message.y, message.z], axis=-1)[seen]
        self._log("world/markers", self._rerun.Points3D(places, radii=0.003, colors=(230, 60, 60)))

    def _trial(self, message: Any) -> None:
        self._number("goals", message.goals_achieved)
        state = TrialState(message.state).name
        self._change("trial", f"trial {message.trial_id}: {state}, {message.goals_achieved} goals")

    def _action(self, message: Any) -> None:
        for name, value in zip(ACTUATOR_NAMES, message.action):
            self._number(f"actions/{name}", value)

    def _controller(self, message: Any) -> None:
        modes = ("DISABLED", "SOFT_START", "RUNNING", "HOLD", "ZERO_TORQUE", "STOPPED")
        self._change("controller", modes[message.mode] if message.mode < len(modes) else str(message.mode))
        self._number("lateness_p99", message.lateness_p99)

    def _number(self, path: str, value: float) -> None:
        self._log(f"curves/{path}", self._rerun.Scalars(float(value)))

    def _change(self, path: str, text: str) -> None:
        """Logs a line where it differs from the last one."""
        if self._said.get(path) != text:
            self._said[path] = text
            self._log(f"log/{path}", self._rerun.TextLog(text))


def _rgb(color: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(255 * part) for part in color)


def blueprint(rerun: Any) -> Any:
    """Scene and cameras above, curves and what happened below."""
    parts = rerun.blueprint
    cameras = [parts.Spatial2DView(origin=f"cameras/{name}", name=name) for name in CAMERA_NAMES]
    curves = [parts.TimeSeriesView(origin=f"curves/{name}", name=name) for name in ("joints", "actions", "goals")]
    return parts.Blueprint(
        parts.Vertical(
            parts.Horizontal(parts.Spatial3DView(origin="world", name="hand"), parts.Vertical(*cameras)),
            parts.Horizontal(*curves, parts.TextLogView(origin="log", name="what happened")),
        )
    )
