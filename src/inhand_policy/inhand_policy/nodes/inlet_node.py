"""Node of joint targets: ~/joint_trajectory and ~/commands in, in the policy's place; /policy/action out.

Topics are named as those of ros2_control's trajectory and forward command controllers. Nothing is commanded while
anybody else publishes actions, the controller gives no torque, or joint angles are old.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from inhand_core.config import load_config, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_core.times import seconds
from inhand_interfaces.msg import HandAction as HandActionMessage
from inhand_policy.inlet import InletConfig, JointInlet, TargetError
from inhand_policy.nodes.hand_watch import HandWatch
from inhand_ros import Diagnostics, Labels, encode, run_node, to_ns
from inhand_ros.parameters import declare_config
from inhand_ros.qos import publisher_qos

ACTION, TRAJECTORY, COMMANDS = "policy/action", "~/joint_trajectory", "~/commands"


class InletNode(Node):
    """Parameters are the entries of config/inlet.yaml."""

    def __init__(self) -> None:
        super().__init__("joint_inlet")
        path = config_file("inlet")
        config = load_config(InletConfig, declare_config(self, InletConfig, read_yaml(path), path), self.get_name())
        self._inlet = JointInlet(config)
        self._sequence, self._refused, self._why = 0, 0, ""
        spec = load_graph("realtime")
        self._outlet = self.create_publisher(HandActionMessage, ACTION, publisher_qos(spec, ACTION))
        self._hand = HandWatch(self, spec, ACTION, config.max_joint_age_s)
        self.create_subscription(JointTrajectory, TRAJECTORY, self._on_trajectory, 10)
        self.create_subscription(Float64MultiArray, COMMANDS, self._on_targets, 10)
        self.create_timer(config.period_s, self._act)
        self._diagnostics = Diagnostics(self, self._report)

    def _take(self, topic: str, take: Callable[[], None]) -> None:
        try:
            if why := self._hand.obstacle() or self._hand.rivals(topic):
                raise TargetError(why)
            take()
            self._why = ""
        except TargetError as error:
            self._refused, self._why = self._refused + 1, str(error)
            self.get_logger().error(f"refused: {error}", throttle_duration_sec=1.0)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        now, stamp = self._hand.now(), seconds(to_ns(message.header.stamp))
        times = [seconds(p.time_from_start.sec * 10**9 + p.time_from_start.nanosec) for p in message.points]
        rows = [list(point.positions) for point in message.points]
        names = [str(name) for name in message.joint_names]
        self._take(
            TRAJECTORY,
            lambda: self._inlet.take_trajectory(names, times, rows, stamp or now, now, self._hand.angles),
        )

    def _on_targets(self, message: Float64MultiArray) -> None:
        self._take(COMMANDS, lambda: self._inlet.take_targets(list(message.data), self._hand.now(), self._hand.angles))

    def _act(self) -> None:
        if self._inlet.path is None:
            return
        if why := self._hand.obstacle():
            self._inlet.cancel()
            self._why = f"ended: {why}"
            self.get_logger().error(self._why)
            return
        if (action := self._inlet.action(self._hand.now(), self._hand.angles)) is None:
            return
        signal = HandAction(action[None], np.full((1, N_ACTUATORS), -1, np.int64), np.array([self._hand.trial]))
        self._outlet.publish(encode(signal, self.get_clock().now().nanoseconds, self._sequence, Labels()))
        self._sequence += 1

    def _report(self, status: Diagnostics) -> None:
        status.add("following", self._inlet.path is not None)
        status.add("actions", self._sequence)
        status.add("commands refused", self._refused)
        self._hand.report(status)
        if self._why:
            status.warn(self._why)


def main() -> None:
    """Runs the node."""
    run_node(InletNode)
