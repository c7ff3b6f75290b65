"""Lifecycle node of sight: camera_{top,left,right}/image_raw and camera_info, /tf_static in; /object/pose out."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage

from inhand_core import load_config, load_topics, read_yaml
from inhand_core.paths import config_file
from inhand_interfaces.msg import ObjectPose
from inhand_ros import Diagnostics, Labels, ManagedNode, encode, run_node, to_ns
from inhand_ros.names import declare_frame_prefix
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.parameters import declare_config
from inhand_ros.static_frames import StaticFrames
from inhand_vision.delays import Delays
from inhand_vision.live import PoseEstimatorConfig, load_live

LOOK_S = 0.005
NEWEST = QoSProfile(depth=1)  # reliable: best effort loses parts of three large images that come at once
LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class PoseEstimatorNode(ManagedNode):
    """Estimates when the images of one instant are there, or have been waited for; says why where it cannot."""

    def __init__(self) -> None:
        super().__init__("pose_estimator")
        values = declare_config(self, PoseEstimatorConfig, read_yaml(path := config_file("pose_estimator")), path)
        self._config, self._prefix = (
            load_config(PoseEstimatorConfig, values, "pose_estimator"),
            declare_frame_prefix(self),
        )
        self.bring_up()

    def configure(self) -> None:
        """Loads the weights."""
        self._live = load_live(self._config)
        self._labels = Labels(object=self._live.metadata.object, source="vision", frame_prefix=self._prefix)
        self._frames, self._sequence, self._reason = StaticFrames(self._prefix), 0, ""
        self._delays = Delays()
        self._publisher_guards: list[PublisherGuard] = []
        self._outlet = self.create_publisher(ObjectPose, "object/pose", load_topics()["object/pose"].publisher_depth)
        self._diagnostics = Diagnostics(self, self._report)
        self.get_logger().info(f"weights {self._config.weights}, {self._live.metadata.kind}")

    def activate(self) -> None:
        """Subscribes."""
        self._inlets: list[Any] = [self.create_subscription(TFMessage, "/tf_static", self._on_frames, LATCHED)]
        self._publisher_guards.clear()
        for index, name in enumerate(self._live.metadata.cameras):
            for kind, topic, job in (
                (Image, "image_raw", self._on_image),
                (CameraInfo, "camera_info", self._live.calibrate),
            ):
                guard = PublisherGuard(self, f"{name}/{topic}")
                self._publisher_guards.append(guard)
                self._inlets.append(
                    self.create_subscription(kind, guard.topic, guard.only(partial(job, index)), NEWEST)
                )
        self._timer = self.create_timer(LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def deactivate(self) -> None:
        """Stops listening."""
        self.destroy_timer(self._timer)
        for inlet in self._inlets:
            self.destroy_subscription(inlet)

    def cleanup(self) -> None:
        """Forgets the weights."""
        self._diagnostics.close()
        self.destroy_publisher(self._outlet)

    def _on_frames(self, message: TFMessage) -> None:
        self._frames.take(message)
        for index, name in enumerate(self._live.metadata.cameras):
            if (pose := self._frames.in_hand_base(f"{name}_optical_frame")) is not None:
                self._live.place(index, pose)

    def _on_image(self, index: int, message: Image) -> None:
        self._live.take(index, message, to_ns(message.header.stamp), self.get_clock().now().nanoseconds)
        if self._live.complete():
            self._estimate()

    def _look(self) -> None:
        if self._live.due(self.get_clock().now().nanoseconds):
            self._estimate()

    def _estimate(self) -> None:
        begun = time.perf_counter()
        found = self._live.estimate(self.get_clock().now().nanoseconds)
        message: Any = encode(found.signal, max(found.stamp_ns, 0), self._sequence, self._labels)
        message.pose.covariance, message.reason = found.covariance.ravel(), found.reason
        self._outlet.publish(message)
        self._sequence, self._reason = self._sequence + 1, found.reason
        if not found.reason:
            self._delays.add(self.get_clock().now().nanoseconds - found.stamp_ns, time.perf_counter() - begun)

    def _report(self, status: Diagnostics) -> None:
        status.add("weights", self._config.weights)
        status.add("poses", self._sequence)
        self._delays.report(status)
        for guard in self._publisher_guards:
            guard.report(status)
        for (name, kind), count in sorted(self._live.refused.items()):
            status.add(f"refused: {name} {kind}", count)
        for text in dict.fromkeys(filter(None, (*self._live.problems(), *self._frames.refused.values(), self._reason))):
            status.warn(text)


def main() -> None:
    """Runs the node."""
    run_node(PoseEstimatorNode)
