"""Node of the hand: /hand/motor_commands in, /hand/sensors out, EtherCAT to the hand in a thread of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from std_srvs.srv import Trigger

from inhand_core.graph import load_graph
from inhand_core.signals import HandSensors
from inhand_drivers.hand.bus import SoemBus
from inhand_drivers.hand.core import HandCore, Phase, Reading
from inhand_drivers.hand.handover import Handover
from inhand_drivers.hand.loop import CycleThread
from inhand_drivers.hand.report import fill, trouble
from inhand_drivers.hand.sole import SoleDriver
from inhand_drivers.hand.tables import read_tables
from inhand_drivers.nodes.hand_parameters import IN_SIMULATION, prepare
from inhand_drivers.nodes.ros_time import RosTime
from inhand_interfaces.msg import HandSensors as HandSensorsMessage
from inhand_interfaces.msg import MotorCommands
from inhand_ros import Diagnostics, Labels, ManagedNode, decode, encode, run_node
from inhand_ros.parameters import declare_claim
from inhand_ros.qos import publisher_qos, subscription_qos

SENSORS, COMMANDS, WAITING = "hand/sensors", "hand/motor_commands", 50  # readings that may wait for the middleware
LOOK_S, IDLE_S = 0.02, 0.01  # of this node; between bus cycles while simulated time stands


class HandDriver(ManagedNode):
    """Parameters are the entries of config/hand_driver.yaml but the torque scale, which is the file's alone."""

    def __init__(self) -> None:
        super().__init__("hand_driver")
        self._claim, self._time = declare_claim(self), RosTime(self)
        self._config = prepare(self, **(IN_SIMULATION if self._time.simulated else {}))
        self._core: HandCore  # while the node is active
        self._thread: CycleThread | None = None
        self.bring_up()

    def configure(self) -> None:
        """Reads the tables and creates the publisher."""
        self._tables = read_tables(self._config.tables)
        self._config.full_scale(self._tables)
        spec = load_graph("realtime")
        self._commands_qos = subscription_qos(spec, COMMANDS)
        self._outlet = self.create_publisher(HandSensorsMessage, SENSORS, publisher_qos(spec, SENSORS))
        self.diagnostics = Diagnostics(self, self._report, hardware_id="hand")

    def activate(self) -> None:
        """Starts seeking the hand, and drives it when it is found."""
        self._sole, self._trouble = SoleDriver(self._config.interface), ""
        bus, log, period = SoemBus(self._config), self.get_logger(), 1.0 / self._config.bus_rate
        self._core = HandCore(self._config, self._tables, bus, self._time.seconds, log, self._claim)
        self._outbox = Handover(lambda item: self._publish(*item), WAITING)
        self._inlet = self.create_subscription(MotorCommands, COMMANDS, self._on_command, self._commands_qos)
        self._service = self.create_service(Trigger, "hand_driver/clear_faults", self._on_clear)
        self._look = self.create_timer(LOOK_S, self._on_look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        turn = partial(self._time.await_tick, IDLE_S) if self._time.simulated else None
        self._thread = CycleThread(self._cycle, self._core.stop, period, self._config.priority, log.warning, turn)

    def deactivate(self) -> None:
        """Zero torque, then leaves the hand."""
        if self._thread is None:
            return
        for end in (self._thread.close, self._outbox.close, self._sole.release):
            end()
        self._thread = None
        self.destroy_timer(self._look)
        self.destroy_subscription(self._inlet)
        self.destroy_service(self._service)

    def cleanup(self) -> None:
        """Takes the publisher away."""
        self.destroy_publisher(self._outlet)
        self.diagnostics.close()

    def destroy_node(self) -> None:
        """Leaves the hand, then ends the node."""
        self.deactivate()
        super().destroy_node()

    def _cycle(self) -> bool:
        timed = self._core.phase is Phase.OPERATING
        if (reading := self._core.cycle()) is not None and self._time.ready:
            self._outbox.put((reading, self._time.now_ns()))
        return timed

    def _publish(self, reading: Reading, stamp_ns: int) -> None:
        signal = HandSensors(reading.hall[None], reading.motor_current[None], [reading.start])
        self._outlet.publish(encode(signal, stamp_ns, reading.sequence, Labels()))

    def _on_command(self, message: Any) -> None:
        self._core.command(decode(message).torque[0], message.sensors_sequence, message.claim)

    def _on_clear(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = True, f"cleared: {'; '.join(self._core.motors.faults) or 'nothing'}"
        self._core.clear_faults()
        return response

    def _on_look(self) -> None:
        if self._thread is not None and (error := self._thread.error or self._outbox.error) is not None:
            raise error
        if (now := trouble(self._core)) != self._trouble:
            self._trouble = now
            self.diagnostics.publish()

    def _report(self, status: Diagnostics) -> None:
        fill(status, self._core, self._config, self._tables)
        if self._thread is not None:
            status.add("bus cycles left out", self._thread.overruns)
            status.add("readings dropped", self._outbox.dropped)


def main() -> None:
    """Runs the node."""
    run_node(HandDriver)
