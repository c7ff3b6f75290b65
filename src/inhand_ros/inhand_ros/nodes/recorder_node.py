"""Lifecycle node that records every topic into an MCAP bag, as serialized as it comes."""

from __future__ import annotations

import os

from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from inhand_core.graph import load_graph
from inhand_ros import Diagnostics, ManagedNode, declare, run_node
from inhand_ros.bag import Bag, BagConfig, cut_off
from inhand_ros.bag_writer import BagWriter
from inhand_ros.nodes.take_services import TakeServices
from inhand_ros.takes import Takes
from inhand_ros.tap import Tap, graph_topics

DRAIN_S, DISCOVER_S = 0.02, 0.25


class RecorderNode(ManagedNode):
    """Drains raw subscriptions of all topics into a bag, which a thread writes.

    Configuring makes the bag, activating records, deactivating pauses, cleaning up closes it, as SIGINT and SIGTERM
    do; a person has the services of `TakeServices`. On a full disk recording ends with a bag that opens; on a slow
    one messages are dropped and counted. Both are errors in the log and in /diagnostics.
    """

    def __init__(self) -> None:
        super().__init__("recorder")
        text = "folder of the bag; empty: bags/<date and time> in the working directory"
        self._takes = Takes(declare(self, "bag", "", text), cut_off)
        self._profile = declare(self, "profile", "realtime", "profile of config/graph.yaml")
        text = "topics in whose names this regular expression is found are not recorded; empty: all are"
        self._exclude = declare(self, "exclude", r"/compressed$|^/sim/tick$", text)
        default = BagConfig()
        self._config = BagConfig(
            declare(self, "split_mb", default.split_mb, "size of a file of the bag [MiB]; 0: no limit"),
            declare(self, "split_s", default.split_s, "length of a file of the bag [s]; 0: no limit"),
            declare(self, "keep_free_mb", default.keep_free_mb, "end when the disk has less room than this [MiB]"),
            declare(self, "compression", default.compression, "none, lz4 or zstd"),
        )
        self._queue_mb = declare(self, "queue_mb", 512.0, "memory for what waits for the disk [MiB]", (1.0, 1e5))
        self._writer: BagWriter | None = None
        self._tap: Tap | None = None
        self._complained = 0
        self._person = TakeServices(self, self._takes, lambda: self._writer is not None)
        self.bring_up()

    def configure(self) -> None:
        """Makes the bag."""
        folder = self._takes.next()
        bag = Bag(folder, os.environ.get("ROS_DISTRO", "kilted"), self._config)
        self._writer = BagWriter(bag, self._queue_mb)
        self._person.wake()
        self._complained, self._diagnostics = 0, Diagnostics(self, self._report)
        self.get_logger().info(f"recording to {folder}")

    def activate(self) -> None:
        """Subscribes to every topic."""
        self._tap = Tap(self, graph_topics(load_graph(self._profile)), discover=True, exclude=self._exclude)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        jobs = ((DRAIN_S, self._drain), (DISCOVER_S, self._tap.refresh))
        self._jobs = [self.create_timer(period, job, clock=steady) for period, job in jobs]

    def deactivate(self) -> None:
        """Takes what has come, then listens no more."""
        self._drain()
        for job in self._jobs:
            self.destroy_timer(job)
        self._tap.close()
        self._tap = None
        self._writer.pause()

    def cleanup(self) -> None:
        """Closes the bag."""
        writer, self._writer = self._writer, None
        try:
            writer.close()
        finally:
            self._takes.end()
            self._diagnostics.close()
            self._person.rest()
            extents = f"{sum(writer.bag.counts.values())} messages to {writer.bag.folder}"
            missing = sum(writer.dropped.values()) + sum(writer.bag.lost.values())
            print(f"recorded {extents}, {missing} missing", flush=True)

    def _drain(self) -> None:
        for message in self._tap.drain():
            if message.topic not in self._writer.bag.counts:
                self._writer.bag.add_topic(message.topic, self._tap.types[message.topic], *self._tap.qos(message.topic))
            self._writer.put(message)

    def _report(self, status: Diagnostics) -> None:
        writer, dropped = self._writer, sum(self._writer.dropped.values())
        self._person.report(status)
        status.add("messages", sum(writer.bag.counts.values()))
        status.add("waiting for the disk [MiB]", writer.waiting_mb)
        status.add("dropped: disk too slow", dropped)
        status.add("lost before they came", sum(writer.bag.lost.values()))
        if writer.error is not None:
            status.error(f"recording has ended: {writer.error}")
        elif dropped > self._complained:
            status.error(f"the disk is too slow: {dropped} messages dropped, more than {self._queue_mb:g} MiB waited")
        if dropped > self._complained:
            self.get_logger().error(str(writer.error or f"disk too slow: {dropped} messages dropped: {writer.dropped}"))
            self._complained = dropped

    def destroy_node(self) -> None:
        """Writes what has come until now and closes the bag."""
        if self._tap is not None:
            self.deactivate()
        if self._writer is not None:
            self.cleanup()
        super().destroy_node()


def main() -> None:
    """Runs the node."""
    run_node(RecorderNode, patience_s=None)
