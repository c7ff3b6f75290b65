"""The moving frames as transforms, updated in place from the newest messages."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import JointState

from inhand_core.signals import Goal, ObjectPose
from inhand_viz.nodes.messages import move, transform
from inhand_viz.topics import GOAL, HAND_BASE, OBJECT, TRUE_OBJECT
from inhand_viz.urdf_tree import UrdfTree

UNTURNED = np.array([0.0, 0.0, 0.0, 1.0])


class Frames:
    """Links of the hand, object (estimated and true) and goal.

    Args:
        tree: the hand.
        goal_position: (3,) [m] where the goal's frame stands in hand_base.
        prefix: what the names of frames begin with; the tree's links have it already.
    """

    def __init__(self, tree: UrdfTree, goal_position: tuple[float, float, float], prefix: str = "") -> None:
        base = f"{prefix}{HAND_BASE}"
        self._tree = tree
        self._names: list[str] | None = None
        self._index = np.zeros(0, int)
        self._links = [transform(j.parent, j.child, j.position, j.orientation) for j in tree.moving]
        places = {name: f"{prefix}{name}" for name in (OBJECT, TRUE_OBJECT)}
        self._objects = {name: transform(base, place, np.zeros(3), UNTURNED) for name, place in places.items()}
        self._goal = transform(base, f"{prefix}{GOAL}", np.array(goal_position), UNTURNED)
        self._goal_known = False

    def fixed(self) -> list[TransformStamped]:
        """The links on fixed joints, which never move."""
        return [transform(j.parent, j.child, j.position, j.orientation) for j in self._tree.fixed]

    def links(self, joints: JointState) -> list[TransformStamped]:
        """The links at these joint angles, stamped as they are.

        Raises:
            UrdfError: a joint of the hand is not in the message.
        """
        if joints.name != self._names:
            self._names = [str(name) for name in joints.name]
            self._index = self._tree.index(self._names)
        turns = self._tree.orientations(np.array(joints.position), self._index)
        for link, turn in zip(self._links, turns.tolist(), strict=True):
            link.header.stamp = joints.header.stamp
            move(link, None, turn)
        return self._links

    def object(self, name: str, pose: ObjectPose, stamp: Time) -> list[TransformStamped]:
        """The object's frame `name` at a pose; none where the pose was never known."""
        frame = self._objects[name]
        if not np.isfinite(pose.position).all():
            return []
        frame.header.stamp = stamp
        move(frame, pose.position[0], pose.orientation[0])
        return [frame]

    def set_goal(self, goal: Goal) -> None:
        """Turns the goal's frame."""
        self._goal_known = True
        move(self._goal, None, goal.orientation[0])

    def goal(self, stamp: Time) -> list[TransformStamped]:
        """The goal's frame, which stays until the next goal; none before the first."""
        self._goal.header.stamp = stamp
        return [self._goal] if self._goal_known else []
