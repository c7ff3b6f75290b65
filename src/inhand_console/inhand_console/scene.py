"""The 3D scene of the page: hand, object, goal ghost, markers. Fed with snapshots; knows viser, no ROS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import numpy as np
import trimesh
import viser

from inhand_console.axes import Axes
from inhand_console.config import SceneConfig
from inhand_console.hand_mesh import light_meshes, simple_meshes
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import Fingertips, Goal, JointStates, Markers, ObjectPose
from inhand_viz.config import LooksConfig
from inhand_viz.marker_status import COLORS, MarkerAges, Seen, by_age
from inhand_viz.object_mesh import ObjectShape
from inhand_viz.topics import GOAL, HAND_BASE, OBJECT, TRUE_OBJECT, WORLD
from inhand_viz.urdf_tree import UrdfTree, Visual

HAND = f"/{HAND_BASE}"
PALM = "rh_palm"
SURROUNDINGS: Literal["studio"] = "studio"
Material = Literal["standard", "toon3"]
SAME_TURN = 1e-4
"""Quaternions whose elements differ by less are not sent again."""
SAME_PLACE = 1e-5
"""Places [m] whose coordinates differ by less are not sent again."""


class HandScene:
    """The hand of a URDF as nested frames with meshes.

    Args:
        server: of the page.
        tree: the robot description; its root link is the world.
        joint_names: order of the angles given to `update`.
        triangles: about this many are drawn.
    """

    def __init__(self, server: viser.ViserServer, tree: UrdfTree, joint_names: Sequence[str], triangles: int) -> None:
        self._tree = tree
        self._index = tree.index(joint_names)
        self._frames = {
            joint.name: server.scene.add_frame(
                self.node(joint.child),
                show_axes=False,
                position=joint.position,
                wxyz=rotations.xyzw_to_wxyz(joint.orientation),
            )
            for joint in tree.joints
        }
        self._fine, self._simple = (
            [
                _add_visual(server, f"{self.node(visual.link)}/{name}_{i}", visual, mesh, material)
                for i, (visual, mesh) in enumerate(zip(tree.visuals, meshes, strict=True))
            ]
            for name, meshes, material in (
                ("visual", light_meshes(tree.visuals, triangles), "standard"),
                ("simple", simple_meshes(tree.visuals), "toon3"),
            )
        )
        self.draw_simply(False)
        self._sent = np.full((len(tree.moving), 4), np.nan)

    def update(self, joints: JointStates) -> None:
        """Turns the links to the joint angles (1, n) [rad]."""
        turns = rotations.xyzw_to_wxyz(self._tree.orientations(joints.position[0], self._index))
        moved = ~(np.abs(turns - self._sent) < SAME_TURN).all(axis=1)
        for i in np.flatnonzero(moved):
            self._frames[self._tree.moving[i].name].wxyz = turns[i]
        self._sent[moved] = turns[moved]

    def draw_simply(self, simple: bool) -> None:
        """Draws hulls of a few triangles in place of the links' meshes, or the meshes again."""
        for fine, rough in zip(self._fine, self._simple, strict=True):
            fine.visible, rough.visible = not simple, simple

    def frame(self, joint: str) -> viser.FrameHandle:
        """The node of a joint's child link."""
        return self._frames[joint]

    def node(self, link: str) -> str:
        """The name of a link's node."""
        return self._tree.path(link).removeprefix(self._tree.root)


class Spheres:
    """Markers as spheres, each a node of its own: browsers draw them in the same frame as the hand.

    Args:
        server: of the page.
        name: of the parent node; positions are in its frame.
        radius: of each sphere [m].
    """

    def __init__(self, server: viser.ViserServer, name: str, radius: float) -> None:
        self._server, self._name, self._radius = server, name, radius
        self.balls: list[viser.IcosphereHandle] = []
        self._position = np.zeros((0, 3))
        self._status = np.zeros(0, int)

    def update(self, position: np.ndarray, status: np.ndarray) -> None:
        """Puts spheres at position (n, 3) [m], coloured by status (n,) of `Seen`."""
        for i in range(len(self.balls), len(position)):
            name = f"{self._name}/{i}"
            ball = self._server.scene.add_icosphere(
                name, self._radius, subdivisions=1, material="toon3", cast_shadow=False, receive_shadow=False
            )
            self.balls.append(ball)
        for ball in self.balls[len(position) :]:
            ball.remove()
        del self.balls[len(position) :]
        if len(position) != len(self._position):
            self._position, self._status = np.full(position.shape, np.nan), np.full(len(position), -1)
        moved = ~(np.abs(position - self._position) < SAME_PLACE).all(axis=1)
        for i in np.flatnonzero(moved):
            self.balls[i].position = position[i]
        for i in np.flatnonzero(status != self._status):
            self.balls[i].color = COLORS[Seen(status[i])]
        self._position[moved], self._status = position[moved], status.copy()


class Scene:
    """Everything that is seen in 3D.

    Args:
        server: of the page.
        config: places and sizes.
        looks: what RViz shows the same way.
        tree: the hand.
        joint_names: order of /joint_states.
        shape: the object, with the colours of its faces.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        config: SceneConfig,
        looks: LooksConfig,
        tree: UrdfTree,
        joint_names: Sequence[str],
        shape: ObjectShape,
    ) -> None:
        self._server, self._config, self._looks = server, config, looks
        self._floor = _set_stage(server, config)
        self._hand = HandScene(server, tree, joint_names, config.hand_triangles)
        self.object = _add_object(server, f"{HAND}/{OBJECT}", shape, 1.0)
        self.ghost = _add_object(server, f"{HAND}/{GOAL}", shape, looks.ghost_opacity)
        self.ghost.position = looks.ghost_position
        server.scene.add_label(f"{HAND}/{GOAL}_label", GOAL, position=config.ghost_label_position)
        self.true_object = _add_outline(server, f"{HAND}/{TRUE_OBJECT}", shape, config.true_color)
        self._markers = Spheres(server, "/markers", looks.marker_radius)
        self._fingertips = Spheres(server, f"{HAND}/fingertips", looks.fingertip_radius)
        self._ages = MarkerAges(looks.lost_after_s)
        nodes = {WORLD: "", HAND_BASE: HAND, OBJECT: f"{HAND}/{OBJECT}", GOAL: f"{HAND}/{GOAL}"}
        nodes |= {PALM: self._hand.node(PALM)} if PALM in tree.links else {}
        self.axes = Axes(server, nodes, config.frame_length, unnamed=(GOAL,))  # the ghost has its label
        self._drawn = Snapshot()
        self._simple = False

    def draw(self, simple: bool, axes: bool) -> None:
        """Sets how the scene is drawn. axes: of the frames, where it is not simple.

        `simple` leaves out what costs software most: fine meshes, light of the surroundings, the floor's grid, axes.
        """
        self.axes.shown = axes and not simple
        if simple != self._simple:
            self._simple = simple
            self._hand.draw_simply(simple)
            self._floor.visible = not simple
            _set_surroundings(self._server, self._config, None if simple else SURROUNDINGS)

    def update(self, snapshot: Snapshot) -> None:
        """Draws what has changed since the last snapshot."""
        last, self._drawn = self._drawn, snapshot
        if snapshot.camera_poses is not last.camera_poses:
            for camera, pose in snapshot.camera_poses.items():
                self.axes.place(camera, pose)
        if snapshot.joint_states is not None and snapshot.joint_states is not last.joint_states:
            self._hand.update(snapshot.joint_states)
        if snapshot.object_pose is not last.object_pose:
            _place(self.object, snapshot.object_pose)
        if snapshot.true_pose is not last.true_pose:
            _place(self.true_object, snapshot.true_pose)
        if snapshot.goal is not last.goal:
            self._place_ghost(snapshot.goal)
        if snapshot.markers is not None and snapshot.markers is not last.markers:
            self._draw_markers(snapshot.markers)
        if snapshot.fingertips is not None and snapshot.fingertips is not last.fingertips:
            self._draw_fingertips(snapshot.fingertips)

    def _place_ghost(self, goal: Goal | None) -> None:
        self.ghost.visible = goal is not None
        if goal is not None:
            self.ghost.wxyz = rotations.xyzw_to_wxyz(goal.orientation[0])

    def _draw_markers(self, markers: Markers) -> None:
        status = self._ages.update(markers.condition[0], time.monotonic())
        self._markers.update(markers.position[0], status)

    def _draw_fingertips(self, fingertips: Fingertips) -> None:
        status = by_age(fingertips.valid[0], fingertips.age[0], self._looks.lost_after_s)
        self._fingertips.update(fingertips.position[0], status)


def _add_visual(
    server: viser.ViserServer, name: str, visual: Visual, mesh: trimesh.Trimesh, material: Material
) -> viser.MeshHandle:
    return server.scene.add_mesh_simple(
        name,
        np.asarray(mesh.vertices),
        np.asarray(mesh.faces),
        color=visual.color[:3] if material == "standard" else tuple(0.5 + 0.5 * part for part in visual.color[:3]),
        opacity=None if visual.color[3] >= 1.0 else visual.color[3],
        material=material,
        flat_shading=True,
        position=visual.position,
        wxyz=rotations.xyzw_to_wxyz(visual.orientation),
    )


def _set_surroundings(server: viser.ViserServer, config: SceneConfig, name: Literal["studio"] | None) -> None:
    server.scene.configure_environment_map(name, environment_intensity=config.light)


def _set_stage(server: viser.ViserServer, config: SceneConfig) -> viser.GridHandle:
    server.scene.set_up_direction("+z")
    _set_surroundings(server, config, SURROUNDINGS)
    server.scene.configure_default_lights(cast_shadow=config.shadows)
    server.scene.add_light_ambient("/ambient", intensity=config.ambient)
    floor = server.scene.add_grid(
        "/floor", width=config.floor_size, height=config.floor_size, cell_size=0.05, section_size=0.25
    )
    server.initial_camera.position = config.camera_position
    server.initial_camera.look_at = config.camera_target
    server.initial_camera.fov = np.radians(config.camera_fov_deg)
    server.initial_camera.near = 0.01
    return floor


def _add_object(server: viser.ViserServer, name: str, shape: ObjectShape, opacity: float) -> viser.FrameHandle:
    frame = server.scene.add_frame(name, show_axes=False, visible=False)
    for i, face in enumerate(shape.faces):
        server.scene.add_mesh_simple(
            f"{name}/face_{i}",
            face.vertices,
            face.triangles,
            color=face.color,
            opacity=None if opacity >= 1.0 else opacity,
            material="toon3",
            cast_shadow=opacity >= 1.0,
            receive_shadow=False,
        )
    return frame


def _add_outline(
    server: viser.ViserServer, name: str, shape: ObjectShape, color: tuple[float, float, float]
) -> viser.FrameHandle:
    frame = server.scene.add_frame(name, show_axes=False, visible=False)
    server.scene.add_line_segments(f"{name}/edges", shape.edges, color, thickness=2.5, thickness_units="screen")
    return frame


def _place(frame: viser.FrameHandle, pose: ObjectPose | None) -> None:
    frame.visible = pose is not None and bool(np.isfinite(pose.position).all())
    if frame.visible and pose is not None:
        frame.position = pose.position[0]
        frame.wxyz = rotations.xyzw_to_wxyz(pose.orientation[0])
