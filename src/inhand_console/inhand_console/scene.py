"""The 3D scene of the page: hand, object, markers. Fed with snapshots; knows viser, no ROS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import numpy as np
import viser

from inhand_console.axes import Axes
from inhand_console.config import SceneConfig
from inhand_console.hand_mesh import simple_glb, simple_meshes
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import Fingertips, JointStates, Markers, ObjectPose
from inhand_viz.config import LooksConfig
from inhand_viz.marker_status import COLORS, MarkerAges, Seen, by_age
from inhand_viz.object_mesh import ObjectShape
from inhand_viz.topics import HAND_BASE, OBJECT, TRUE_OBJECT, WORLD
from inhand_viz.urdf_tree import UrdfTree, Visual

HAND = f"/{HAND_BASE}"
PALM = "rh_palm"
SURROUNDINGS: Literal["studio"] = "studio"
FLOOR, FLOOR_LINES = "/floor", (70, 76, 84)
WIDE, SHEET = 1.15, 0.40
"""The usual width of the scene over its height; how far above the middle, of half the height, it is on a phone."""
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
        triangles: about so many are drawn (simply; drawing.py puts all of them before those who have a GPU).
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
        self.visuals = {f"{self.node(visual.link)}/visual_{i}": visual for i, visual in enumerate(tree.visuals)}
        meshes = simple_meshes(tree.visuals, triangles)
        for (name, visual), mesh in zip(self.visuals.items(), meshes, strict=True):
            add_visual(server.scene, name, visual, simple_glb(visual, mesh), shadows=False)
        self._sent = np.full((len(tree.moving), 4), np.nan)

    def update(self, joints: JointStates) -> None:
        """Turns the links to the joint angles (1, n) [rad]."""
        turns = rotations.xyzw_to_wxyz(self._tree.orientations(joints.position[0], self._index))
        moved = ~(np.abs(turns - self._sent) < SAME_TURN).all(axis=1)
        for i in np.flatnonzero(moved):
            self._frames[self._tree.moving[i].name].wxyz = turns[i]
        self._sent[moved] = turns[moved]

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
                name, self._radius, subdivisions=2, material="toon3", cast_shadow=False, receive_shadow=False
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
        self._looks = looks
        _set_stage(server, config)
        self.hand = HandScene(server, tree, joint_names, config.hand_triangles)
        self.object = _add_object(server, f"{HAND}/{OBJECT}", shape)
        self.true_object = _add_outline(server, f"{HAND}/{TRUE_OBJECT}", shape, config.true_color)
        self._markers = Spheres(server, "/markers", looks.marker_radius)
        self._fingertips = Spheres(server, f"{HAND}/fingertips", looks.fingertip_radius)
        self._ages = MarkerAges(looks.lost_after_s)
        nodes = {WORLD: "", HAND_BASE: HAND, OBJECT: f"{HAND}/{OBJECT}"}
        nodes |= {PALM: self.hand.node(PALM)} if PALM in tree.links else {}
        self.axes = Axes(server, nodes, config.frame_length)
        self.axes.shown = config.frames
        self._drawn = Snapshot()

    def update(self, snapshot: Snapshot) -> None:
        """Draws what has changed since the last snapshot."""
        last, self._drawn = self._drawn, snapshot
        if snapshot.camera_poses is not last.camera_poses:
            for camera, pose in snapshot.camera_poses.items():
                self.axes.place(camera, pose)
        if snapshot.joint_states is not None and snapshot.joint_states is not last.joint_states:
            self.hand.update(snapshot.joint_states)
        if snapshot.object_pose is not last.object_pose:
            _place(self.object, snapshot.object_pose)
        if snapshot.true_pose is not last.true_pose:
            _place(self.true_object, snapshot.true_pose)
        if snapshot.markers is not None and snapshot.markers is not last.markers:
            self._draw_markers(snapshot.markers)
        if snapshot.fingertips is not None and snapshot.fingertips is not last.fingertips:
            self._draw_fingertips(snapshot.fingertips)

    def _draw_markers(self, markers: Markers) -> None:
        status = self._ages.update(markers.condition[0], time.monotonic())
        self._markers.update(markers.position[0], status)

    def _draw_fingertips(self, fingertips: Fingertips) -> None:
        status = by_age(fingertips.valid[0], fingertips.age[0], self._looks.lost_after_s)
        self._fingertips.update(fingertips.position[0], status)


def add_visual(scene: viser.SceneApi, name: str, visual: Visual, glb: bytes, shadows: bool) -> viser.GlbHandle:
    """Puts the surface `glb` of a visual at its place in its link's frame."""
    return scene.add_glb(
        name,
        glb,
        cast_shadow=shadows,
        receive_shadow=shadows,
        position=visual.position,
        wxyz=rotations.xyzw_to_wxyz(visual.orientation),
    )


def set_light(scene: viser.SceneApi, config: SceneConfig, soft: bool) -> None:
    """Light of the surroundings and shadows; or, where software draws, what costs nothing."""
    scene.configure_environment_map(SURROUNDINGS if soft else None, environment_intensity=config.light)
    scene.configure_default_lights(cast_shadow=config.shadows and soft)


def fit_view(client: viser.ClientHandle, config: SceneConfig) -> None:
    """Shows a visitor with a tall window as much from side to side as others see, above the sheet of buttons."""
    aspect = client.camera.aspect
    if aspect >= 1.0:
        return
    height = np.tan(np.radians(0.5 * config.camera_fov_deg)) * WIDE / aspect
    client.camera.fov = 2.0 * float(np.arctan(height))
    place, target = np.array(config.camera_position), np.array(config.camera_target)
    ahead = target - place
    up = np.array([0.0, 0.0, 1.0]) - ahead * ahead[2] / (ahead @ ahead)
    lower = SHEET * height * np.linalg.norm(ahead) * up / np.linalg.norm(up)
    client.camera.look_at = tuple(target - lower)


def add_floor(scene: viser.SceneApi, config: SceneConfig) -> viser.GridHandle:
    """A grid that takes the shadows."""
    return scene.add_grid(
        FLOOR,
        width=config.floor_size,
        height=config.floor_size,
        cell_size=0.05,
        section_size=0.25,
        cell_color=FLOOR_LINES,
        section_color=FLOOR_LINES,
        cell_thickness=0.6,
        section_thickness=1.0,
        fade_distance=config.floor_size,
        fade_from="origin",
        shadow_opacity=0.35,
        position=(0.0, 0.0, config.floor_height),
    )


def _set_stage(server: viser.ViserServer, config: SceneConfig) -> None:
    scene = server.scene
    scene.set_up_direction("+z")
    set_light(scene, config, soft=False)
    scene.add_light_ambient("/ambient", intensity=config.ambient)
    server.initial_camera.position = config.camera_position
    server.initial_camera.look_at = config.camera_target
    server.initial_camera.fov = np.radians(config.camera_fov_deg)
    server.initial_camera.near = 0.01


def _add_object(server: viser.ViserServer, name: str, shape: ObjectShape) -> viser.FrameHandle:
    frame = server.scene.add_frame(name, show_axes=False, visible=False)
    for i, face in enumerate(shape.faces):
        server.scene.add_mesh_simple(
            f"{name}/face_{i}",
            face.vertices,
            face.triangles,
            color=face.color,
            material="toon3",
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
