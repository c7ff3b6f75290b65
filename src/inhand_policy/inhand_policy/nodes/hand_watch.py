"""What a node that commands the hand in the policy's place has to know: angles, controller, other commanders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node

from inhand_core.graph_spec import GraphSpec
from inhand_core.times import seconds
from inhand_description import JOINT_NAMES, actuator_matrix
from inhand_interfaces.msg import ControllerStatus, Trial
from inhand_ros import Diagnostics, to_ns
from inhand_ros.messages import message_class
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.qos import subscription_qos

MOVING = (ControllerStatus.SOFT_START, ControllerStatus.RUNNING, ControllerStatus.HOLD)
STATUS_AGE_S = 1.0
"""The controller reports ten times a second."""
JOINTS = "joint_states"


class HandWatch:
    """Listens for a node; of each topic one publisher is followed.

    Args:
        node: who commands.
        spec: the graph.
        action: the topic that the node publishes actions on.
        max_age_s: older joint angles are none [s].

    Attributes:
        trial: id of the newest trial.
    """

    def __init__(self, node: Node, spec: GraphSpec, action: str, max_age_s: float) -> None:
        self.trial = 0
        self._node, self._action, self._max_age_s = node, action, max_age_s
        self._actuated, self._guards = actuator_matrix(), []
        self._joints: tuple[float, np.ndarray] = (-np.inf, np.zeros(0))
        self._status: tuple[float, int] = (-np.inf, ControllerStatus.DISABLED)
        self.listen(message_class(spec.topics[JOINTS].message), JOINTS, self._on_joints, subscription_qos(spec, JOINTS))
        self.listen(Trial, "trial", self._on_trial, subscription_qos(spec, "trial"))
        self.listen(ControllerStatus, "controller/status", self._on_status, 10)

    @property
    def angles(self) -> np.ndarray:
        """(20,) of the actuators [rad]; of now where there is no `obstacle`."""
        return self._joints[1]

    def now(self) -> float:
        """The node's time [s]."""
        return seconds(self._node.get_clock().now().nanoseconds)

    def listen(self, kind: type, topic: str, job: Callable[[Any], None], qos: Any) -> None:
        """Gives `job` the messages of a topic's one publisher."""
        self._guards.append(PublisherGuard(self._node, topic))
        self._node.create_subscription(kind, topic, self._guards[-1].only(job), qos)

    def rivals(self, topic: str) -> str:
        """Why a command of this topic is not taken: who commands beside whom. Of single messages, each from a publisher
        that has ended since, each is taken; empty where it may be.
        """
        infos = self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(topic))
        names = ", ".join(sorted(f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos))
        return f"{topic} has {len(infos)} publishers ({names}): end all but one" if len(infos) > 1 else ""

    def obstacle(self) -> str:
        """Why nothing may be commanded now; empty where it may."""
        infos = self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(self._action))
        if others := sorted({info.node_name for info in infos if info.node_name != self._node.get_name()}):
            return f"{', '.join(others)} publishes {self._action}: start with policy:=joints, or end it"
        heard, mode = self._status
        if abs(self.now() - heard) > STATUS_AGE_S or mode not in MOVING:
            return "the controller is not enabled"
        if not abs(self.now() - self._joints[0]) <= self._max_age_s or not np.isfinite(self.angles).all():
            return "there are no joint angles of now"
        return ""

    def report(self, status: Diagnostics) -> None:
        """Adds whose messages are refused."""
        for guard in self._guards:
            guard.report(status)

    def _on_joints(self, message: Any) -> None:
        places = {name: index for index, name in enumerate(message.name)}
        if all(name in places for name in JOINT_NAMES) and len(message.position) == len(places):
            angles = np.array(message.position)[[places[name] for name in JOINT_NAMES]]
            self._joints = seconds(to_ns(message.header.stamp)), self._actuated @ angles

    def _on_trial(self, message: Trial) -> None:
        self.trial = message.trial_id

    def _on_status(self, message: ControllerStatus) -> None:
        self._status = self.now(), message.mode
