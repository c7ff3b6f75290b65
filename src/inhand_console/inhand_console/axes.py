"""The frames of the scene, as axes with their names: what RViz shows of tf. Knows viser, no ROS."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import viser

from inhand_console.overlay import NOMINAL
from inhand_core import rotations

THICKNESS = 0.035
"""Radius of an axis over its length."""
FRUSTUM = 1.5
"""Depth of a camera's frustum over the axes' length."""
FRUSTUM_COLOR = (160, 160, 160)


class Axes:
    """Axes (x red, y green, z blue) and a name at frames of the scene; all shown or none.

    Args:
        server: of the page.
        nodes: name of the frame -> node of the scene whose frame it is; "" is the world.
        length: of each axis [m].
        unnamed: frames that get no label.
    """

    def __init__(
        self, server: viser.ViserServer, nodes: Mapping[str, str], length: float, unnamed: Collection[str] = ()
    ) -> None:
        self._server, self._length, self._shown = server, length, True
        self._unnamed = unnamed
        self._frames: dict[str, viser.FrameHandle] = {}
        self._labels: list[viser.LabelHandle] = []
        for name, node in nodes.items():
            self._add(name, f"{node}/axes_{name}")
        for camera, (info, pose) in NOMINAL.items():
            self._add(camera, f"/axes_{camera}")
            server.scene.add_camera_frustum(
                f"/axes_{camera}/frustum",
                fov=2.0 * np.arctan2(0.5 * info.height, info.matrix[1, 1]),
                aspect=info.width / info.height,
                scale=FRUSTUM * length,
                color=FRUSTUM_COLOR,
                thickness=1.5,
                thickness_units="screen",
                cast_shadow=False,
            )
            self.place(camera, pose)

    @property
    def shown(self) -> bool:
        """Whether they are drawn."""
        return self._shown

    @shown.setter
    def shown(self, wanted: bool) -> None:
        if wanted != self._shown:
            self._shown = wanted
            for handle in (*self._frames.values(), *self._labels):
                handle.visible = wanted

    def frame(self, name: str) -> viser.FrameHandle:
        """The axes of a frame."""
        return self._frames[name]

    def place(self, camera: str, world_from_camera: np.ndarray) -> None:
        """Puts a camera's optical frame (REP-103) at a pose (4, 4) in the world."""
        frame = self._frames[camera]
        frame.position = world_from_camera[:3, 3]
        frame.wxyz = rotations.xyzw_to_wxyz(rotations.from_matrix(world_from_camera[:3, :3]))

    def _add(self, name: str, node: str) -> None:
        length = self._length
        self._frames[name] = self._server.scene.add_frame(
            node, axes_length=length, axes_radius=THICKNESS * length, origin_radius=1.5 * THICKNESS * length
        )
        if name not in self._unnamed:
            self._labels.append(self._server.scene.add_label(f"{node}/name", name, font_screen_scale=0.7))
