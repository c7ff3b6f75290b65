"""A goal picked by hand: rings around a see-through object turn it, a button makes its orientation the goal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import viser

from inhand_console.commands import LABELS, Command
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_viz.object_mesh import ObjectShape
from inhand_viz.topics import HAND_BASE

NODE = f"/{HAND_BASE}/goal_by_hand"
RING_M, OPACITY = 0.075, 0.45
"""Radius of the rings, and how solid the object in them is."""
ABOVE = 1.06
"""The see-through object is larger than the real one by so much, to lie around it."""


class GoalByHand:
    """A checkbox that shows the rings where the object is, and a button that sends what they have been turned to.

    Args:
        server: of the page.
        shape: the object.
        on_goal: called with the orientation (x, y, z, w) in hand_base, as text.
    """

    def __init__(self, server: viser.ViserServer, shape: ObjectShape, on_goal: Callable[[str], None]) -> None:
        self._snapshot = Snapshot()
        self._rings = server.scene.add_transform_controls(
            NODE, RING_M, disable_axes=True, disable_sliders=True, depth_test=False, visible=False
        )
        for i, face in enumerate(shape.faces):
            server.scene.add_mesh_simple(
                f"{NODE}/face_{i}",
                ABOVE * face.vertices,
                face.triangles,
                color=face.color,
                opacity=OPACITY,
                material="toon3",
                cast_shadow=False,
                receive_shadow=False,
            )
        self._shown = server.gui.add_checkbox("pick a goal by hand", False, hint="Shows rings around the object.")
        self._use = server.gui.add_button(LABELS[Command.SET_GOAL], disabled=True, hint="Needs a running trial.")
        self._shown.on_update(lambda _: self._show())
        self._use.on_click(lambda _: on_goal(self.value))

    @property
    def value(self) -> str:
        """The orientation (x, y, z, w) in hand_base that has been picked, as text."""
        return " ".join(f"{part:.6f}" for part in rotations.wxyz_to_xyzw(np.asarray(self._rings.wxyz)))

    def update(self, snapshot: Snapshot) -> None:
        """Takes the newest snapshot: the rings stay at the object."""
        self._snapshot = snapshot
        pose = snapshot.object_pose
        if self._shown.value and pose is not None and np.isfinite(pose.position).all():
            self._rings.position = pose.position[0]

    def _show(self) -> None:
        """Begins at the goal that there is."""
        goal = self._snapshot.goal
        if self._shown.value and goal is not None and np.isfinite(goal.orientation).all():
            self._rings.wxyz = rotations.xyzw_to_wxyz(goal.orientation[0])
        self._rings.visible = self._shown.value
        self._use.disabled = not self._shown.value
