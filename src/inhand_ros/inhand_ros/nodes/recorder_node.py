"""Node that records every topic into an MCAP bag, as serialized as it comes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from inhand_core.graph import load_graph
from inhand_ros import declare, run_node
from inhand_ros.bag import Bag
from inhand_ros.tap import Tap, graph_topics

DRAIN_S, DISCOVER_S = 0.02, 0.25


class RecorderNode(Node):
    """Drains raw subscriptions of all topics into a `Bag`; closes it on SIGINT and SIGTERM."""

    def __init__(self) -> None:
        super().__init__("recorder")
        text = "folder of the bag; empty: bags/<date and time> in the working directory"
        folder = declare(self, "bag", "", text) or time.strftime("bags/inhand_%Y_%m_%d-%H_%M_%S")
        profile = declare(self, "profile", "realtime", "profile of config/graph.yaml")
        self._bag = Bag(Path(folder).expanduser(), os.environ.get("ROS_DISTRO", "kilted"))
        self._tap = Tap(self, graph_topics(load_graph(profile)), discover=True)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DRAIN_S, self._drain, clock=steady)
        self.create_timer(DISCOVER_S, self._tap.refresh, clock=steady)
        self.get_logger().info(f"recording to {self._bag.folder}")

    def _drain(self) -> None:
        for message in self._tap.drain():
            if message.topic not in self._bag.counts:
                self._bag.add_topic(message.topic, self._tap.types[message.topic], *self._tap.qos(message.topic))
            self._bag.write(message)

    def destroy_node(self) -> None:
        """Writes what has come until now and closes the bag."""
        self._drain()
        self._bag.close()
        print(f"recorded {sum(self._bag.counts.values())} messages to {self._bag.folder}", flush=True)
        super().destroy_node()


def main() -> None:
    """Runs the node."""
    run_node(RecorderNode, patience_s=None)
