"""A joint moved by hand: which, and one step up or down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import viser

from inhand_description import JOINT_NAMES

STEP_RAD = float(np.radians(5.0))
STEPS = {"− 5°": -STEP_RAD, "+ 5°": STEP_RAD}


class Jogging:
    """A list of joints and a button for each way.

    Args:
        server: of the page.
        on_jog: called with "joint step" [rad] as text.
    """

    def __init__(self, server: viser.ViserServer, on_jog: Callable[[str], None]) -> None:
        hint = "In a simulation that was started with policy:=joints; within the same limits as every command."
        self._joint = server.gui.add_dropdown("jog joint", JOINT_NAMES, hint=hint)
        group = server.gui.add_button_group("", tuple(STEPS))
        group.on_click(lambda event: on_jog(f"{self._joint.value} {STEPS[event.target.value]:.6f}"))
