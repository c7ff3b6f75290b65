"""Node of the emulated hand: an EtherCAT slave on a veth pair in front of the simulated hand.

sim/hand/sensors in, sim/hand/motor_commands out, in the simulator's time. `hot_motors` makes motors too warm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.claim import claim_number
from inhand_core.config import ConfigError
from inhand_core.graph import load_graph
from inhand_core.signals import MotorCommands
from inhand_drivers.hand.emulator.backside import Backside
from inhand_drivers.hand.emulator.device import make_slave
from inhand_drivers.hand.emulator.server import FrameServer
from inhand_drivers.hand.sii import Identity
from inhand_drivers.hand.tables import read_tables
from inhand_drivers.hand.wire import VethPair, WireError, peer_name
from inhand_drivers.nodes.hand_parameters import IN_SIMULATION, prepare
from inhand_drivers.nodes.ros_time import SIMULATED
from inhand_drivers.stamp_time import StampTime
from inhand_ros import Diagnostics, Labels, declare, decode, encode, run_node, to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import publisher_qos, subscription_qos

SENSORS, COMMANDS = "hand/sensors", "hand/motor_commands"
EXTRA_HEAT_C = 80.0


class HandEmulator(Node):
    """Parameters are the driver's, and say what the slave says of itself; it makes the driver's interface."""

    def __init__(self, **settings: Any) -> None:
        super().__init__("emulate_hand")
        simulated = declare(self, "simulated", False, SIMULATED)
        config = prepare(self, **(IN_SIMULATION if simulated else {}), **settings)
        self._time = StampTime(simulated)
        with_record = declare(self, "record", True, "whether the EEPROM knows joint map and calibration")
        text = "name that the simulator knows its commands by, as a controller's; empty: one of its own"
        self._claim = claim_number(declare(self, "claim", "", text) or self.get_name())
        self._tables = read_tables(config.tables)
        identity = Identity(config.slave.vendor_id, config.slave.product_code, 1, config.slave.serial)
        self._slave, self._hand = make_slave(identity, self._tables, self._time.seconds, with_record)
        spec = load_graph("realtime")
        kind = message_class(spec.topics[COMMANDS].message)
        self._outlet = self.create_publisher(kind, f"sim/{COMMANDS}", publisher_qos(spec, COMMANDS))
        kind = message_class(spec.topics[SENSORS].message)
        self.create_subscription(kind, f"sim/{SENSORS}", self._on_sensors, subscription_qos(spec, SENSORS))
        self.declare_parameter("hot_motors", "", ParameterDescriptor(description="motors that are too warm, by commas"))
        self.add_on_set_parameters_callback(self._on_parameters)
        try:
            self._pair = VethPair(config.interface, peer_name(config.interface))
        except WireError as error:
            raise ConfigError(str(error)) from error
        self._backside = Backside(self._hand, config.full_scale(self._tables), self._publish, simulated)
        self._server = FrameServer(
            self._slave, self._pair.second, config.priority, self._backside.look, lambda: self._backside.alive
        )
        self.diagnostics = Diagnostics(self, self._report)
        self.get_logger().info(f"a hand answers on {config.interface}, calibration {self._tables.digest}")

    def destroy_node(self) -> None:
        """Takes the hand off the wire and removes the wire, then ends the node."""
        self._server.close()
        self._backside.close()
        self._pair.close()
        super().destroy_node()

    def _on_sensors(self, message: Any) -> None:
        signal, stamp_ns = decode(message), to_ns(message.header.stamp)
        self._time.seen(stamp_ns)
        self._hand.set_sensors(signal.hall[0], signal.motor_current[0])
        self._backside.heard(message.sequence, stamp_ns)

    def _publish(self, torque: np.ndarray, number: int, sequence: int, stamp_ns: int) -> None:
        message = encode(MotorCommands(torque[None]), stamp_ns, number, Labels(claim=self._claim))
        message.sensors_sequence = sequence
        self._outlet.publish(message)

    def _on_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        for change in (change for change in changes if change.name == "hot_motors"):
            names = [name for name in change.value.split(",") if name]
            if unknown := sorted(set(names) - set(self._tables.motors)):
                return SetParametersResult(successful=False, reason=f"no motors {unknown}")
            self._hand.heat_up([self._tables.motors.index(name) for name in names], EXTRA_HEAT_C)
        return SetParametersResult(successful=True)

    def _report(self, status: Diagnostics) -> None:
        if self._backside.error is not None:
            raise self._backside.error
        status.add("AL state", self._slave.esc.states.state.name)
        status.add("watchdog expirations", self._slave.esc.watchdog_expirations)
        for key, count in self._slave.counts.items():
            status.add(f"frames {key}", count)
        for reason, count in self._hand.refused.items():
            status.add(f"commands refused: {reason}", count)
        status.add("torque", bool(self._hand.demand().any()))


def hand(interface: str = "", priority: int = 70) -> int:
    """Put an emulated Shadow hand on EtherCAT, in front of the simulator's hand (topics sim/hand/*).

    Args:
        interface: network interface to make for the driver; empty: that of config/hand_driver.yaml.
        priority: SCHED_FIFO priority of the thread that answers frames; 0: the default scheduler.
    """
    settings = {"priority": priority} | ({"interface": interface} if interface else {})
    run_node(lambda: HandEmulator(**settings))
    return 0


def main() -> None:
    """Runs the node."""
    run_node(HandEmulator)
