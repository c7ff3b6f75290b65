"""The listening node of `inhand bench drivers`; it can also shake the simulated hand, so that frames differ."""

from __future__ import annotations

import time

import numpy as np
import rclpy

from inhand_core.graph import load_graph
from inhand_core.signals import N_ACTUATORS, MotorCommands
from inhand_ros import Labels, encode
from inhand_ros.messages import message_class
from inhand_ros.qos import publisher_qos
from inhand_ros.raw import RawMessage
from inhand_ros.tap import Tap

DRAIN_S, START_S = 0.005, 60.0
TORQUE, SHAKES_HZ = 0.05, 1.0
COMMANDS = "hand/motor_commands"


class Ears:
    """Hears every message of some topics in a ROS domain, with the times of the middleware.

    Args:
        domain: ROS domain id.
        topics: message type by topic, with a leading slash.
    """

    def __init__(self, domain: int, topics: dict[str, str]) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("bench_ears", context=self._context)
        self._tap = Tap(self._node, {name: (kind, False) for name, kind in topics.items()})
        spec = load_graph("realtime")
        kind = message_class(spec.topics[COMMANDS].message)
        self._commands = self._node.create_publisher(kind, COMMANDS, publisher_qos(spec, COMMANDS))
        self._shakes = 0

    def __enter__(self) -> Ears:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        self._context.shutdown()

    def await_message(self, topic: str, shake: bool = False) -> None:
        """Waits for the first message of a topic.

        Raises:
            RuntimeError: none comes.
        """
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self.listen(0.2, shake)[topic]:
                return
        raise RuntimeError(f"nothing on {topic} within {START_S:g} s")

    def listen(self, seconds: float, shake: bool = False) -> dict[str, list[RawMessage]]:
        """Everything heard in this many seconds, by topic; with `shake` the hand's motors push to and fro meanwhile."""
        heard: dict[str, list[RawMessage]] = {topic: [] for topic in self._tap.types}
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            if shake:
                self._shake(now)
            for message in self._tap.drain():
                heard[message.topic].append(message)
            time.sleep(DRAIN_S)
        return heard

    def _shake(self, now: float) -> None:
        torque = TORQUE * np.sin(2.0 * np.pi * SHAKES_HZ * now + np.arange(N_ACTUATORS))
        self._commands.publish(encode(MotorCommands(torque[None]), time.time_ns(), self._shakes, Labels(claim=1)))
        self._shakes += 1
