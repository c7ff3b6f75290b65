"""Node that writes finished trials down: /trial in, a JSON file out; ends when there are enough."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rclpy.node import Node

from inhand_core.files import write_whole
from inhand_core.graph import load_graph
from inhand_core.times import seconds
from inhand_eval.closed_loop import TrialsSeen
from inhand_interfaces.msg import Trial
from inhand_ros import declare, run_node, to_ns
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.qos import subscription_qos


class TrialsNode(Node):
    """Takes every message of /trial; the file is replaced as a whole whenever a trial has ended."""

    def __init__(self) -> None:
        super().__init__("trials")
        self._wanted = declare(
            self, "trials", 20, "end after this many trials; the first one seen does not count", (1, 10**6)
        )
        self._out = Path(declare(self, "out", "trials.json", "file for [goals, seconds, reason] of each trial"))
        self._seen = TrialsSeen()
        only = PublisherGuard(self, "trial").only  # results are those of one graph
        self.create_subscription(
            Trial, "trial", only(self._on_trial), subscription_qos(load_graph("realtime"), "trial")
        )

    def _on_trial(self, message: Trial) -> None:
        time_s = seconds(to_ns(message.header.stamp))
        if not self._seen.add(message.trial_id, message.goals_achieved, message.state, message.reason, time_s):
            return
        write_whole(self._out, json.dumps(self._seen.finished))
        if len(self._seen.finished) >= self._wanted:
            sys.exit(0)


def main() -> None:
    """Runs the node."""
    run_node(TrialsNode)
