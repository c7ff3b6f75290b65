"""A goal that a person has picked, asked of the node of the goals."""

from __future__ import annotations

from inhand_console.nodes.choices import Calls
from inhand_console.snapshot import Snapshot
from inhand_interfaces.srv import SetObjectPose
from inhand_viz.topics import HAND_BASE


def set_goal(value: str, _: Snapshot) -> Calls:
    """Asks for the orientation "x y z w" in hand_base as the goal.

    Raises:
        ValueError: the node of the goals refuses; the text says why.
    """
    request = SetObjectPose.Request()
    request.pose.header.frame_id = HAND_BASE
    turn = request.pose.pose.orientation
    turn.x, turn.y, turn.z, turn.w = (float(part) for part in value.split())
    answer = yield "trial/set_goal", SetObjectPose, request
    if not answer.success:
        raise ValueError(answer.message)
    return answer.message
