"""Node that watches a run: reports silent nodes while it goes, prints its summary at the end, ends it in time."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.serialization import deserialize_message

from inhand_core.files import write_whole
from inhand_core.graph import load_graph
from inhand_interfaces.msg import ControllerStatus, SimStatus, Trial
from inhand_ros import Diagnostics, declare, run_node
from inhand_ros.graph_time import RunClock, on_sim_time
from inhand_ros.overload import OverloadWatch
from inhand_ros.summary import Summary
from inhand_ros.tap import Tap, graph_topics
from inhand_ros.watch import SilenceWatch

DRAIN_S, LOOK_S = 0.02, 0.25
SETTLE_S = 2.0  # after the first action [s]: what the start cost is not held against the machine
STATUS = {"/sim/status": (SimStatus, "sim"), "/controller/status": (ControllerStatus, "controller")}


class MonitorNode(Node):
    """Taps the graph's topics, under whatever names; the run begins with the first action that reaches the hand.

    Durations and silence count the graph's time, which in simulation is simulated time.
    """

    def __init__(self) -> None:
        super().__init__("monitor")
        spec = load_graph(declare(self, "profile", "realtime", "profile of config/graph.yaml"))
        self._duration = declare(self, "duration", 0.0, "of the run from its first action [s, graph's time]; 0: no end")
        self._start_limit = declare(self, "start_limit", 240.0, "with a duration: give up without an action after [s]")
        expected = graph_topics(spec)
        numbered = {f"/{topic}": kind.startswith("inhand_interfaces") for topic, (kind, _) in expected.items()}
        self._summary = Summary(numbered, by_stamps=on_sim_time(self))
        streams = {f"/{name}": spec.producers[name] for name, topic in spec.topics.items() if not topic.on_change}
        self._watch = SilenceWatch(streams, declare(self, "silent_after", 1.0, "report longer pauses of a stream [s]"))
        status = {name[1:]: (f"inhand_interfaces/msg/{kind.__name__}", False) for name, (kind, _) in STATUS.items()}
        self._tap = Tap(self, {**expected, **status}, one_publisher=True)
        self._run, self._overload = RunClock(self), OverloadWatch()
        self._first_action_s: float | None = None
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DRAIN_S, self._drain, clock=steady)
        self.create_timer(LOOK_S, self._look, clock=steady)
        self.diagnostics = Diagnostics(self, self._report)

    def _drain(self) -> None:
        now = self._run.now().graph
        for heard in sorted(self._tap.drain(), key=lambda m: m.source_ns):
            message = heard._replace(topic=self._tap.names.graph_name(heard.topic))
            if message.topic in STATUS:
                kind, name = STATUS[message.topic]
                setattr(self._summary, name, deserialize_message(message.data, kind))
                self._run.beat() if name == "sim" else None
                continue
            self._summary.add(message)
            self._watch.heard(message.topic, now)
            if message.topic == "/trial":
                trial = deserialize_message(message.data, Trial)
                self._summary.trials.add(trial.trial_id, trial.goals_achieved, trial.state, trial.reason)
            elif message.topic == "/hand/action" and self._run.begun is None and now > 0.0:  # /clock was heard
                self._run.begin()
                self._first_action_s = process_age()
                self._summary.begin()
                self.get_logger().info(f"first action {self._first_action_s:.1f} s after the start")

    def _look(self) -> None:
        self._tap.refresh()
        now, begun, lasted = self._run.now(), self._run.begun is not None, self._run.lasted
        reports = self._watch.look(now.graph)
        if begun and lasted.wall > SETTLE_S:
            reports.append(self._overload.look(self._summary.sim, self._summary.controller, now.wall))
        for text in filter(None, reports):
            self.get_logger().warning(text)
        if self._duration and not begun and now.wall - self._run.created.wall > self._start_limit:
            sys.exit(f"error: no /hand/action within {self._start_limit:g} s; silent: {self._watch.never_heard()}")
        if begun and 0.0 < self._duration <= lasted.graph:
            self._run.end()
            sys.exit(0)

    def _report(self, status: Diagnostics) -> None:
        for topic, meter in self._summary.meters.items():
            status.add(f"{topic} rate [Hz]", meter.rate)
            status.add(f"{topic} lost", meter.counter.lost)
        self._tap.report(status)
        for text in (*(f"{topic} is silent" for topic in self._watch.silent), self._overload.words):
            status.warn(text) if text else None

    def finish(self) -> int:
        """Prints the summary, and writes it where INHAND_SUMMARY_FILE says."""
        if not self._run.over:
            self._drain()
            self._run.end()
        lasted = self._run.lasted
        result = self._summary.result(lasted.graph, lasted.wall, self._overload.total)
        text = json.dumps({"first_action_s": self._first_action_s, **result})
        if path := os.environ.get("INHAND_SUMMARY_FILE"):
            write_whole(path, text + "\n")
        print(f"summary: {text}", flush=True)
        return 0


def process_age() -> float:
    """Seconds since this process was started, its imports included; launch started the others then too."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"), 2)


def main() -> None:
    """Runs the node."""
    run_node(MonitorNode, patience_s=None)
