"""Node of the exercise for calibration: /joint_states in; /policy/action out, in the policy's place; ends when done."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from geometry_msgs.msg import PoseStamped
from rclpy.task import Future

from inhand_core.signals import Signal
from inhand_interfaces.msg import ControllerStatus
from inhand_interfaces.srv import SetObjectPose
from inhand_ros import ComponentNode, Diagnostics, declare, run_node

ENABLED = (ControllerStatus.SOFT_START, ControllerStatus.RUNNING, ControllerStatus.HOLD)
ENDED = (ControllerStatus.DISABLED, ControllerStatus.STOPPED)
ASIDE_M = -2.0
LINGER_NS = 500_000_000  # so that a recorder has the last action's effect


class ExerciseNode(ComponentNode):
    """Steps the exercise every 80 ms while the controller gives torque; a stop ends the process as failed."""

    def __init__(self) -> None:
        super().__init__("exercise")
        text = "a simulator is there, whose object is put out of the hand's way before the exercise"
        self._ready = not declare(self, "clear_object", False, text)
        self._enabled, self._begun, self._said, self._done_ns = False, False, "", 0
        self.create_subscription(ControllerStatus, "controller/status", self._on_status, 1)
        if not self._ready:
            self._client = self.create_client(SetObjectPose, "sim/set_object_pose")

    def before_step(self, inputs: dict[str, Signal], time_ns: int) -> dict[str, Signal] | None:
        """Waits for the controller, for its joint angles, and for an empty hand."""
        if not self._ready:
            self._clear()
            return None
        return inputs if self._enabled and "joint_states" in inputs else None

    def after_step(self, outputs: Mapping[str, Signal], time_ns: int) -> None:
        """Says what is being done; ends the process a moment after the last action."""
        self._begun = True
        if (now := self.component.progress()) != self._said:
            self._said = now
            self.get_logger().info(now)
        if self.component.done.all():
            self._done_ns = self._done_ns or time_ns
            if time_ns - self._done_ns >= LINGER_NS:
                sys.exit(0)

    def report(self, status: Diagnostics) -> None:
        """Adds what is being done."""
        status.add("exercise", self._said or "waits for the controller to be enabled")

    def _on_status(self, message: ControllerStatus) -> None:
        self._enabled = message.mode in ENABLED
        if self._begun and message.mode in ENDED:
            sys.exit(f"error: the controller was stopped or disabled; the exercise was cut short: {self._said}")

    def _clear(self) -> None:
        """Asks the simulator once it is there."""
        if self._client is None or not self._client.service_is_ready():
            return
        request = SetObjectPose.Request(pose=PoseStamped())
        request.pose.header.frame_id = f"{self.frame_prefix}hand_base"
        request.pose.pose.position.z, request.pose.pose.orientation.w = ASIDE_M, 1.0
        self._client.call_async(request).add_done_callback(self._on_cleared)
        self._client = None

    def _on_cleared(self, answer: Future) -> None:
        said = answer.result()
        if said is None or not said.success:
            sys.exit(f"error: the simulator keeps its object in the hand: {said.message if said else 'no answer'}")
        self._ready = True


def main() -> None:
    """Runs the node."""
    run_node(ExerciseNode)
