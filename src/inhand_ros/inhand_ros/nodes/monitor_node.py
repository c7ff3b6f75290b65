"""Node that watches a run: reports silent nodes while it goes, prints its summary at the end, ends it in time."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.serialization import deserialize_message

from inhand_core.graph import load_graph
from inhand_interfaces.msg import ControllerStatus, SimStatus, Trial
from inhand_ros import Diagnostics, declare, run_node
from inhand_ros.graph_time import GraphTime, graph_now, simulated
from inhand_ros.overload import OverloadWatch
from inhand_ros.summary import Summary
from inhand_ros.tap import Tap, graph_topics
from inhand_ros.watch import SilenceWatch

DRAIN_S, LOOK_S = 0.02, 0.25
SETTLE_S = 2.0  # after the first action [s]: what the start cost is not held against the machine
STATUS = {"/sim/status": (SimStatus, "sim"), "/controller/status": (ControllerStatus, "controller")}


class MonitorNode(Node):
    """Taps the graph's topics; the run begins with the first action that reaches the hand.

    Durations and silence count the graph's time, which in simulation is simulated time.
    """

    def __init__(self) -> None:
        super().__init__("monitor")
        spec = load_graph(declare(self, "profile", "realtime", "profile of config/graph.yaml"))
        self._duration = declare(self, "duration", 0.0, "length of the run from its first action [s of the graph's time]; 0: no end")
        self._start_limit = declare(self, "start_limit", 240.0, "with a duration: give up without an action after [s]")
        silent = declare(self, "silent_after", 1.0, "report a stream that pauses for longer [s]")
        expected = graph_topics(spec)
        self._summary = Summary({f"/{t}": kind.startswith("inhand_interfaces") for t, (kind, _) in expected.items()})
        streams = {f"/{name}": spec.producers[name] for name, topic in spec.topics.items() if not topic.on_change}
        self._watch = SilenceWatch(streams, silent)
        status = {topic: (f"inhand_interfaces/msg/{kind.__name__}", False) for topic, (kind, _) in STATUS.items()}
        self._tap = Tap(self, {**expected, **status})
        self._time, self._overload = GraphTime(simulated(self)), OverloadWatch()
        self._created = time.monotonic()
        self._begun: float | None = None
        self._ended: float | None = None
        self._begun_wall = self._ended_wall = 0.0
        self._first_action_s: float | None = None
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DRAIN_S, self._drain, clock=steady)
        self.create_timer(LOOK_S, self._look, clock=steady)
        self.diagnostics = Diagnostics(self, self._report)

    def _drain(self) -> None:
        now = graph_now(self, self._time)
        for message in sorted(self._tap.drain(), key=lambda m: m.source_ns):
            if message.topic in STATUS:
                kind, name = STATUS[message.topic]
                setattr(self._summary, name, deserialize_message(message.data, kind))
                if name == "sim":
                    self._time.beat(time.monotonic())
                continue
            self._summary.add(message)
            self._watch.heard(message.topic, now)
            if message.topic == "/trial":
                trial = deserialize_message(message.data, Trial)
                self._summary.trials.add(trial.trial_id, trial.goals_achieved, trial.state, trial.reason)
            elif message.topic == "/hand/action" and self._begun is None:
                self._begun, self._first_action_s = now, process_age()
                self._begun_wall = time.monotonic()
                self._summary.begin()
                self.get_logger().info(f"first action {self._first_action_s:.1f} s after the start")

    def _look(self) -> None:
        self._tap.refresh()
        now, wall = graph_now(self, self._time), time.monotonic()
        for text in self._watch.look(now):
            self.get_logger().warning(text)
        self._look_at_the_machine(wall)
        if self._duration and self._begun is None and wall - self._created > self._start_limit:
            sys.exit(f"error: no /hand/action within {self._start_limit:g} s; silent: {self._watch.never_heard()}")
        if self._duration and self._begun is not None and now - self._begun >= self._duration:
            self._ended, self._ended_wall = now, wall
            sys.exit(0)

    def _look_at_the_machine(self, wall: float) -> None:
        """Says at once that the machine is too slow, and when it is not any more."""
        if self._begun is None or wall - self._begun_wall < SETTLE_S:
            return
        sim, controller = self._summary.sim, self._summary.controller
        line = ""
        if sim is not None and sim.waits and not sim.paused:
            line = self._overload.look_at_simulation(sim.real_time_factor, sim.speed, wall)
        elif controller is not None and (sim is None or not sim.waits):
            line = self._overload.look_at_deadlines(controller.missed_deadlines + controller.skipped_periods, wall)
        if line:
            self.get_logger().warning(line)

    def _report(self, status: Diagnostics) -> None:
        for topic, meter in self._summary.meters.items():
            status.add(f"{topic} rate [Hz]", meter.rate)
            status.add(f"{topic} lost", meter.counter.lost)
        for topic in self._watch.silent:
            status.warn(f"{topic} is silent")
        if self._overload.words:
            status.warn(self._overload.words)

    def destroy_node(self) -> None:
        """Prints the summary, and writes it where INHAND_SUMMARY_FILE says."""
        if self._ended is None:
            self._drain()
        text = json.dumps({"first_action_s": self._first_action_s, **self._result()})
        if path := os.environ.get("INHAND_SUMMARY_FILE"):
            Path(path).write_text(text + "\n")
        print(f"summary: {text}", flush=True)
        super().destroy_node()


    def _result(self) -> dict[str, Any]:
        if self._begun is None:
            return self._summary.result(0.0, 0.0, self._overload.total)
        if self._ended is None:
            self._ended, self._ended_wall = graph_now(self, self._time), time.monotonic()
        seconds, wall = self._ended - self._begun, self._ended_wall - self._begun_wall
        return self._summary.result(seconds, wall, self._overload.total)


def process_age() -> float:
    """Seconds since this process was started, its imports included, which is when launch started the others too."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"), 2)


def main() -> None:
    """Runs the node."""
    run_node(MonitorNode, patience_s=None)
