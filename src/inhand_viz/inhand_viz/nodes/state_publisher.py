"""Node `state_publisher`: what RViz needs beyond the graph's topics; the equal of robot_state_publisher and more.

Topics, types and frames: inhand_viz.topics. Transforms carry the stamps of the messages they come from.
Nothing is computed for a topic that nobody reads.
"""

from __future__ import annotations

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from inhand_core import load_graph
from inhand_core.times import seconds
from inhand_ros import declare, run_node
from inhand_ros.codecs import decode, to_ns
from inhand_ros.messages import message_class
from inhand_ros.names import declare_frame_prefix
from inhand_ros.qos import observer_qos
from inhand_ros.waiting import Waiting
from inhand_viz.config import load_viz_config
from inhand_viz.marker_status import MarkerAges, by_age, colors
from inhand_viz.model import load_hand, object_shape
from inhand_viz.nodes.frames import Frames
from inhand_viz.nodes.messages import pose_stamped, solid, spheres
from inhand_viz.topics import GOAL, INPUTS, OBJECT, POSE, TRUE_OBJECT, TRUTH, VIZ_TOPICS
from inhand_viz.urdf_tree import UrdfError

ROBOT_TOPICS, LOOK_S = ("robot_description", "/tf_static"), 0.5


class StatePublisher(Node):
    """Publishes frames and markers; with publish_robot:=false robot_state_publisher does the hand's part."""

    def __init__(self) -> None:
        super().__init__("state_publisher")
        config = load_viz_config()
        self._looks = config.looks
        text = "object to show: a name of config/objects, or the path of such a file"
        self._shape = object_shape(declare(self, "object", "block", text))
        cameras = declare(self, "camera_calibration", "", "folder with poses.yaml of the cameras; empty: as designed")
        urdf = declare(self, "urdf", "", "robot description; empty: the project's own")
        self._prefix = declare_frame_prefix(self)
        self._tree = load_hand(urdf, cameras, self._prefix)
        self._robot = declare(self, "publish_robot", True, "publish robot_description and the hand's links")
        self._ages, self._inputs = MarkerAges(self._looks.lost_after_s), dict[str, Waiting]()
        self._frames = Frames(self._tree, self._looks.ghost_position, self._prefix)
        self._out = {topic: self._publisher(topic) for topic in VIZ_TOPICS if self._robot or topic not in ROBOT_TOPICS}
        topics = load_graph("realtime").topics
        self._kinds = {name: (entry.message, entry.on_change) for name, entry in topics.items()}
        self._kinds[TRUTH] = (topics["object/pose"].message, False)
        self._publish_once()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(1.0 / config.publish_hz, self._publish, clock=steady)
        self._timer.cancel()
        self.create_timer(LOOK_S, self._follow_readers, clock=steady)

    def _publisher(self, topic: str) -> Publisher:
        entry = VIZ_TOPICS[topic]
        return self.create_publisher(message_class(entry.message), topic, observer_qos(latched=entry.latched, depth=10))

    def _publish_once(self) -> None:
        if self._robot:
            self._out["/tf_static"].publish(TFMessage(transforms=self._frames.fixed()))
            self._out["robot_description"].publish(String(data=self._tree.text))
        self._out["viz/object"].publish(solid(self._prefix + OBJECT, self._shape, 1.0))
        self._out["viz/goal"].publish(solid(self._prefix + GOAL, self._shape, self._looks.ghost_opacity))

    def _follow_readers(self) -> None:
        for output, topics in INPUTS.items():
            read = self._out[output].get_subscription_count() > 0
            if read and output not in self._inputs:
                self._inputs[output] = Waiting(self, {topic: self._kinds[topic] for topic in topics}, depth=1)
            elif not read and output in self._inputs:
                self._inputs.pop(output).close()
        if self._inputs and self._timer.is_canceled():
            self._timer.reset()
        elif not self._inputs:
            self._timer.cancel()

    def _publish(self) -> None:
        if (inputs := self._inputs.get("/tf")) is not None:
            self._publish_transforms(inputs)
        if (inputs := self._inputs.get("viz/markers")) is not None and (message := inputs.newest("mocap/markers")):
            markers, looks = decode(message), self._looks
            status = colors(self._ages.update(markers.condition[0], seconds(to_ns(message.header.stamp))))
            self._out["viz/markers"].publish(spheres(message.header, markers.position[0], status, looks.marker_radius))
        if (inputs := self._inputs.get("viz/fingertips")) is not None and (message := inputs.newest("fingertips")):
            tips, looks = decode(message), self._looks
            status = colors(by_age(tips.valid[0], tips.age[0], looks.lost_after_s))
            self._out["viz/fingertips"].publish(
                spheres(message.header, tips.position[0], status, looks.fingertip_radius)
            )
        if (inputs := self._inputs.get(POSE)) is not None and (message := inputs.newest("object/pose")):
            for pose in pose_stamped(message):
                self._out[POSE].publish(pose)

    def _publish_transforms(self, inputs: Waiting) -> None:
        moved = []
        if self._robot and (joints := inputs.newest("joint_states")) is not None:
            try:
                moved += self._frames.links(joints)
            except UrdfError as error:
                self.get_logger().error(f"joint_states: {error}", throttle_duration_sec=5.0)
        if (goal := inputs.newest("goal")) is not None:
            self._frames.set_goal(decode(goal))
        for topic, frame in (("object/pose", OBJECT), (TRUTH, TRUE_OBJECT)):
            if (pose := inputs.newest(topic)) is not None:
                moved += self._frames.object(frame, decode(pose), pose.header.stamp)
                moved += self._frames.goal(pose.header.stamp) if frame == OBJECT else []
        if moved:
            self._out["/tf"].publish(TFMessage(transforms=moved))


def main() -> None:
    """Runs the node until it is interrupted."""
    run_node(StatePublisher)
