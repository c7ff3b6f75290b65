"""What the state publisher adds to the graph for RViz: topics, message types, quality of service, frames."""

from __future__ import annotations

from dataclasses import dataclass

WORLD, HAND_BASE, OBJECT, TRUE_OBJECT, GOAL = "world", "hand_base", "object", "object_true", "goal"
FRAMES = (WORLD, HAND_BASE, OBJECT, TRUE_OBJECT, GOAL)
"""Frames that are not links: world is the root, hand_base hangs in it, objects and goal in hand_base.

Each has the node's `frame_prefix` before it."""
POSE = "object/pose_stamped"
"""The object's pose, while it is known, as other software takes it."""


@dataclass(frozen=True)
class VizTopic:
    """One topic: message type, whether the last message is kept for late subscribers, frame of its content."""

    message: str
    latched: bool
    frame: str = ""


VIZ_TOPICS = {
    "/tf": VizTopic("tf2_msgs/msg/TFMessage", False),
    "/tf_static": VizTopic("tf2_msgs/msg/TFMessage", True),
    "robot_description": VizTopic("std_msgs/msg/String", True),
    POSE: VizTopic("geometry_msgs/msg/PoseStamped", False, HAND_BASE),
    "viz/object": VizTopic("visualization_msgs/msg/MarkerArray", True, OBJECT),
    "viz/goal": VizTopic("visualization_msgs/msg/MarkerArray", True, GOAL),
    "viz/markers": VizTopic("visualization_msgs/msg/MarkerArray", False, WORLD),
    "viz/fingertips": VizTopic("visualization_msgs/msg/MarkerArray", False, HAND_BASE),
}
"""Topic -> what is on it. All are reliable. Transforms of all hands of a domain are on one topic, as tf2 has it."""
TRUTH = "sim/object_pose"
INPUTS = {
    "/tf": ("joint_states", "object/pose", "goal", TRUTH),
    POSE: ("object/pose",),
    "viz/markers": ("mocap/markers",),
    "viz/fingertips": ("fingertips",),
}
"""Streams that are published, and what each is made of; the inputs are subscribed to while the output has readers."""
