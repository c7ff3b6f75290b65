"""Node of the simulator: /hand/motor_commands and /trial in; /mocap/markers, /hand/sensors and /clock out.

Also sim/status and the truth (sim/object_pose, sim/markers), and services (`Requests`). What is off a driver publishes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from inhand_core.signals import Signal
from inhand_ros import ComponentNode, Diagnostics, run_node, to_ns
from inhand_sim.nodes.extras import Extras
from inhand_sim.nodes.keeping_up import KeepingUp
from inhand_sim.nodes.requests import Requests
from inhand_sim.nodes.snapshots import Snapshot
from inhand_sim.nodes.starting import start_time_ns, topics_left_out
from inhand_sim.nodes.waits import declare_speed, make_gate
from inhand_sim.pacing import Outbox, RealTimeLoop
from inhand_sim.waiting import Gate


class SimNode(ComponentNode):
    """One world: physics in a thread of its own, services in the executor's.

    With `wait_for_graph` time waits for the graph's answers; without, it is the wall's and publishing has a thread too.
    """

    max_input_age_s = 0.02  # the motor boards' own time-out: no torque without a recent command

    def __init__(self) -> None:
        sys.setswitchinterval(0.0005)  # s; the physics thread must not wait long for Python's lock
        self._loop: RealTimeLoop | None = None
        self._gate: Gate | None = None
        self._outbox: Outbox | None = None
        super().__init__("sim")

    def setup_component(self) -> None:
        """Builds the world, and the services of a simulator that runs freely."""
        super().setup_component()
        self._extras = Extras(self)
        self.admits = self._extras.admits
        self._start_ns, self._period = start_time_ns(), self.component_spec.period_ns or 0
        self._speed, self._gate = declare_speed(self), make_gate(self, self._start_ns)
        for topic in topics_left_out(self):
            self.destroy_publisher(self._outlets.pop(topic))

    def take_runner(self, runner: Any) -> None:
        """Hands the world over between two ticks."""
        swap = partial(super().take_runner, runner)
        swap() if self._loop is None else self._loop.call(swap)

    def _receiver(self, topic: str, inbox: Any) -> Any:
        receive, gate = super()._receiver(topic, inbox), self._gate

        def receive_and_tell(message: Any, info: Any) -> None:
            if receive(message, info) and gate is not None:
                gate.heard(topic, to_ns(message.header.stamp))

        return receive if gate is None else receive_and_tell

    def free_run(self) -> None:
        """Starts the threads."""
        self._outbox = Outbox(lambda item: self._send(*item)) if self._gate is None else None
        pace = {"speed": self._speed, "gate": self._gate, "start_ns": self._start_ns}
        self._loop = RealTimeLoop(self._tick, self._period, **pace, idle=self._extras.repeat_clock)
        self._requests, self._keeping_up = Requests(self, self._loop), KeepingUp(self, self._loop, self._gate)
        self.create_timer(0.1, self._on_status, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._loop.start()

    def publish(self, topic: str, signal: Signal, time_ns: int) -> None:
        """Publishes what the devices that are on deliver."""
        if topic in self._outlets:
            super().publish(topic, signal, time_ns)

    def after_step(self, outputs: Mapping[str, Signal], time_ns: int) -> None:
        """In lockstep the clock and the truth follow each step."""
        self._extras.publish(time_ns, self._extras.truth(time_ns, self.component, outputs))

    def destroy_node(self) -> None:
        """Ends the threads, then the node."""
        if self._loop is not None:
            self._loop.stop()
            if self._outbox is not None:
                self._outbox.close()
        super().destroy_node()

    def report(self, status: Diagnostics) -> None:
        """Adds how physics keeps up, and who else commands the motors."""
        self._extras.report(status)
        if self._loop is not None:
            self._keeping_up.report(status, 0 if self._outbox is None else self._outbox.dropped, self.component)

    def _tick(self, tick: int) -> None:
        time_ns = self._start_ns + tick * self._period
        outputs = self.runner.step(self.gather(time_ns), time_ns)
        made = (time_ns, outputs, self._extras.truth(time_ns, self.component, outputs))
        self._send(*made) if self._outbox is None else self._outbox.put(made)

    def _send(self, time_ns: int, outputs: dict[str, Signal], truth: list[Signal | Snapshot]) -> None:
        self._extras.publish_tick(time_ns)
        for topic, signal in outputs.items():
            self.publish(topic, signal, time_ns)
        self._extras.publish(time_ns, truth)

    def _on_status(self) -> None:
        if (error := self._loop and (self._loop.error or (self._outbox and self._outbox.error))) is not None:
            raise error
        self._keeping_up.publish(self._extras.time_ns, self.inboxes)
        self._extras.save_bad_states(self.component)


def main() -> None:
    """Runs the node."""
    run_node(SimNode)
