#!/usr/bin/env python3
"""A policy of one's own in the graph: bends and stretches the fingers in turn. The contract: docs/own-policy.md."""

import math

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from inhand_description import ACTUATOR_NAMES
from inhand_interfaces.msg import HandAction, Trial

PERIOD_S = 0.08
FINGERS = [i for i, name in enumerate(ACTUATOR_NAMES) if name[3:5] in ("FF", "MF", "RF", "LF") and name.endswith("J3")]


class OwnPolicy(Node):
    """One action every 80 ms while a trial runs; nothing otherwise, and the controller holds the hand."""

    def __init__(self) -> None:
        super().__init__("policy")
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._trial, self._sequence = Trial(), 0
        self._outlet = self.create_publisher(HandAction, "policy/action", 50)
        self.create_subscription(Trial, "trial", self._on_trial, latched)
        self.create_timer(PERIOD_S, self._act)

    def _on_trial(self, message: Trial) -> None:
        self._trial = message

    def _act(self) -> None:
        if self._trial.state != Trial.RUNNING:
            return
        message = HandAction(sequence=self._sequence, trial_id=self._trial.trial_id)
        message.header.stamp = self.get_clock().now().to_msg()
        for finger, actuator in enumerate(FINGERS):
            message.action[actuator] = 0.5 * math.sin(2.0 * math.pi * (self._sequence * PERIOD_S / 2.0 + finger / 4.0))
        self._outlet.publish(message)
        self._sequence += 1


if __name__ == "__main__":
    rclpy.init()
    rclpy.spin(OwnPolicy())
