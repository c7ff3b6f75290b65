"""A goal that a person has picked, asked of the node of the goals."""

from __future__ import annotations

from inhand_console.nodes.choices import Calls
from inhand_console.nodes.set_pose import set_pose
from inhand_console.snapshot import Snapshot


def set_goal(value: str, _: Snapshot) -> Calls:
    """Asks for the orientation "x y z w" in hand_base as the goal.

    Raises:
        ValueError: the node of the goals refuses; the text says why.
    """
    return (yield from set_pose("trial/set_goal", [float(part) for part in value.split()]))
