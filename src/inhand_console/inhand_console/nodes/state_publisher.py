"""Node `state_publisher`: what RViz needs beyond the graph's topics; the equal of robot_state_publisher and more.

Topics, types and frames: inhand_console.viz_topics. Transforms carry the stamps of the messages they come from.
Nothing is computed for a topic that nobody reads.
"""

from __future__ import annotations

from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from inhand_console.config import SceneConfig, StatePublisherConfig
from inhand_console.marker_status import MarkerAges, by_age, colors
from inhand_console.model import OBJECT_NAMES, load_hand, object_shape
from inhand_console.nodes.frames import Frames
from inhand_console.nodes.messages import solid, spheres
from inhand_console.nodes.waiting import Waiting
from inhand_console.viz_topics import GOAL, OBJECT, TRUE_OBJECT, VIZ_TOPICS
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.paths import config_file
from inhand_ros import declare, run_node
from inhand_ros.codecs import decode, to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos

INPUTS = ("joint_states", "object/pose", "goal", "mocap/markers", "fingertips")
ROBOT_TOPICS = ("robot_description", "tf_static")
TRUTH = "sim/object_pose"


def input_topics() -> dict[str, tuple[str, bool]]:
    """Topic -> message type and whether it is latched, of all that is read."""
    topics = load_graph("realtime").topics
    graph = {name: (topics[name].message, topics[name].on_change) for name in INPUTS}
    return graph | {TRUTH: (topics["object/pose"].message, False)}


class StatePublisher(Node):
    """Publishes frames and markers; with publish_robot:=false robot_state_publisher does the hand's part."""

    def __init__(self) -> None:
        super().__init__("state_publisher")
        config = load_config(StatePublisherConfig, read_yaml(config_file("state_publisher")), "state_publisher.yaml")
        self._scene = load_config(SceneConfig, read_yaml(config_file("console"))["scene"], "console.yaml:scene")
        self._shape = object_shape(declare(self, "object", "block", f"object to show, one of {OBJECT_NAMES}"))
        self._tree = load_hand(declare(self, "urdf", "", "robot description; empty: the project's own"))
        self._robot = declare(self, "publish_robot", True, "publish robot_description and the hand's links")
        self._ages = MarkerAges(self._scene.lost_after_s)
        self._frames = Frames(self._tree, self._scene.ghost_position)
        self._out = {topic: self._publisher(topic) for topic in VIZ_TOPICS if self._robot or topic not in ROBOT_TOPICS}
        self._inputs = Waiting(self, input_topics(), depth=1)
        self._publish_once()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / config.publish_hz, self._publish, clock=steady)

    def _publisher(self, topic: str) -> Publisher:
        entry = VIZ_TOPICS[topic]
        return self.create_publisher(message_class(entry.message), topic, observer_qos(latched=entry.latched, depth=10))

    def _publish_once(self) -> None:
        if self._robot:
            self._out["tf_static"].publish(TFMessage(transforms=self._frames.fixed()))
            self._out["robot_description"].publish(String(data=self._tree.text))
        self._out["viz/object"].publish(solid(OBJECT, self._shape, 1.0))
        self._out["viz/goal"].publish(solid(GOAL, self._shape, self._scene.ghost_opacity))

    def _publish(self) -> None:
        if self._read("tf"):
            self._publish_transforms()
        self._publish_markers()

    def _publish_transforms(self) -> None:
        moved = []
        if self._robot and (joints := self._inputs.newest("joint_states")) is not None:
            moved += self._frames.links(joints)
        if (goal := self._inputs.newest("goal")) is not None:
            self._frames.set_goal(decode(goal))
        for topic, frame in (("object/pose", OBJECT), (TRUTH, TRUE_OBJECT)):
            if (pose := self._inputs.newest(topic)) is not None:
                moved += self._frames.object(frame, decode(pose), pose.header.stamp)
                moved += self._frames.goal(pose.header.stamp) if frame == OBJECT else []
        if moved:
            self._out["tf"].publish(TFMessage(transforms=moved))

    def _publish_markers(self) -> None:
        radius = self._scene.marker_radius, self._scene.fingertip_radius
        if self._read("viz/markers") and (message := self._inputs.newest("mocap/markers")) is not None:
            markers = decode(message)
            status = self._ages.update(markers.condition[0], to_ns(message.header.stamp) * 1e-9)
            self._show("viz/markers", message, markers.position[0], status, radius[0])
        if self._read("viz/fingertips") and (message := self._inputs.newest("fingertips")) is not None:
            tips = decode(message)
            status = by_age(tips.valid[0], tips.age[0], self._scene.lost_after_s)
            self._show("viz/fingertips", message, tips.position[0], status, radius[1])

    def _read(self, topic: str) -> bool:
        return self._out[topic].get_subscription_count() > 0

    def _show(self, topic: str, message: Any, position: Any, status: Any, radius: float) -> None:
        frame, stamp = VIZ_TOPICS[topic].frame, message.header.stamp
        self._out[topic].publish(spheres(frame, stamp, position, colors(status), radius))


def main() -> None:
    """Runs the node until it is interrupted."""
    run_node(StatePublisher)
