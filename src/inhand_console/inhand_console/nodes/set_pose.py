"""Asks a node for a pose in hand_base: the simulator for its object's, the node of the goals for the next goal's."""

from __future__ import annotations

from collections.abc import Sequence

from inhand_console.nodes.choices import Calls
from inhand_interfaces.srv import SetObjectPose
from inhand_viz.topics import HAND_BASE


def set_pose(service: str, orientation: Sequence[float], position: Sequence[float] = (0.0, 0.0, 0.0)) -> Calls:
    """Asks `service` for an orientation (x, y, z, w) and a position [m], both in hand_base.

    Raises:
        ValueError: the node refuses; the text says why.
    """
    request = SetObjectPose.Request()
    request.pose.header.frame_id = HAND_BASE
    place, turn = request.pose.pose.position, request.pose.pose.orientation
    place.x, place.y, place.z = position
    turn.x, turn.y, turn.z, turn.w = orientation
    answer = yield service, SetObjectPose, request
    if not answer.success:
        raise ValueError(answer.message)
    return answer.message
