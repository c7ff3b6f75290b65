"""Stands in for simulator and controller in the hand's benchmark: sensors and torques that carry running numbers."""

from __future__ import annotations

import time

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message

from inhand_bench.drivers.codes import Heard, sensor_code, torque_code
from inhand_core.graph import load_graph
from inhand_core.signals import HandSensors, MotorCommands
from inhand_data.stamps import read_header
from inhand_drivers.hand.config import load_driver_config
from inhand_drivers.hand.layout import DEMAND_MAX, N_MOTORS
from inhand_drivers.hand.tables import read_tables
from inhand_ros import Labels, encode
from inhand_ros.messages import message_class
from inhand_ros.qos import publisher_qos
from inhand_ros.raw import RawMessage
from inhand_ros.tap import Tap

FRONT, BACK = ("hand/sensors", "sim/hand/sensors"), ("sim/hand/motor_commands", "hand/motor_commands")
"""(arrives, sent) of sensors on their way to the controller, and of torques on their way to the motors."""
CODES = 1000  # each message carries its number modulo this, by which it is known again
START_S, PERIOD_S = 60.0, 0.005


class Puppet:
    """Stands in for simulator and controller: sensors that count on one side, torques that count on the other."""

    def __init__(self, domain: int) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("bench_hand", context=self._context)
        spec, tables = load_graph("realtime"), read_tables()
        kinds = {topic: spec.topics[topic.removeprefix("sim/")].message for topic in (*FRONT, *BACK)}
        kinds |= {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray"}
        self._kinds = {self._node.resolve_topic_name(topic): kind for topic, kind in kinds.items()}
        self._tap = Tap(self._node, {topic: (kind, False) for topic, kind in self._kinds.items()})
        self._sensors, self._torques = (
            self._node.create_publisher(message_class(kinds[topic]), topic, publisher_qos(spec, topic[i:]))
            for topic, i in ((FRONT[1], 4), (BACK[1], 0))
        )
        self._hall = np.array([np.round(table.raw.mean()) for table in tables.hall])
        self.scale = load_driver_config().full_scale(tables) / DEMAND_MAX
        self._sent, self._reports = 0, []

    def __enter__(self) -> Puppet:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        self._context.shutdown()

    def await_sensors(self) -> None:
        """Waits until the driver publishes; RuntimeError where it does not."""
        end = time.monotonic() + START_S
        while not self.play(0.2)[FRONT[0]]:
            if time.monotonic() > end:
                raise RuntimeError(f"nothing on {FRONT[0]} within {START_S:g} s")

    def play(self, seconds: float) -> dict[str, list[RawMessage]]:
        """Sends both at 200 Hz for this long; everything heard, by topic."""
        heard: dict[str, list[RawMessage]] = {topic: [] for topic in (*FRONT, *BACK)}
        due, newest = time.monotonic(), None
        for _ in range(round(seconds / PERIOD_S)):
            self._sent += 1
            code = self._sent % CODES
            signal = HandSensors((self._hall + (np.arange(26) == 0) * (code - CODES // 2))[None], np.zeros((1, 20)))
            self._sensors.publish(encode(signal, time.time_ns(), self._sent, Labels()))
            if newest is not None:
                torque = self.scale * code * (np.arange(N_MOTORS) == 0)
                message = encode(MotorCommands(torque[None]), time.time_ns(), self._sent, Labels(claim=1))
                message.sensors_sequence = newest
                self._torques.publish(message)
            due += PERIOD_S
            time.sleep(max(0.0, due - time.monotonic()))
            for raw in self._tap.drain():
                heard.setdefault(raw.topic.removeprefix("/"), []).append(raw)
            newest = read_header(heard[FRONT[0]][-1].data)[1] if heard[FRONT[0]] else newest
        self._reports = heard.pop("diagnostics", self._reports)
        return heard

    def read(self, heard: dict[str, list[RawMessage]], topic: str) -> list[Heard]:
        """The messages of a topic with their codes."""
        found = []
        for raw in heard[topic]:
            message = deserialize_message(raw.data, message_class(self._kinds[f"/{topic}"]))
            values = np.array(message.hall if hasattr(message, "hall") else message.torque)
            code = sensor_code(values) if hasattr(message, "hall") else torque_code(values, self.scale * DEMAND_MAX)
            found.append(Heard(code, values, raw.source_ns, raw.received_ns))
        return found

    def report(self) -> dict[str, str]:
        """What the driver has last said of itself."""
        for raw in reversed(self._reports):
            for status in deserialize_message(raw.data, DiagnosticArray).status:
                if status.hardware_id == "hand":
                    return {pair.key: pair.value for pair in status.values}
        raise RuntimeError("the driver says nothing of itself")
