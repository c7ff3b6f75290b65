"""Lifecycle node that records every topic into an MCAP bag, as serialized as it comes."""

from __future__ import annotations

import os
import sys

from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from inhand_core.graph import load_graph
from inhand_data.reserve import cut_off
from inhand_ros import Diagnostics, ManagedNode, declare, run_node
from inhand_ros.bag import Bag
from inhand_ros.bag_writer import BagWriter
from inhand_ros.nodes.recorder_parameters import recorder_parameters
from inhand_ros.nodes.take_services import TakeServices
from inhand_ros.takes import Takes, note_take
from inhand_ros.tap import Tap, graph_topics

DRAIN_S, DISCOVER_S = 0.02, 0.25


class RecorderNode(ManagedNode):
    """Drains raw subscriptions of all topics into a bag, which a thread writes.

    Configuring makes the bag, activating records, deactivating pauses, cleaning up closes it, as SIGINT and SIGTERM
    do; `TakeServices` are for a person. A full disk ends it with a bag that opens; a slow one drops messages, which are
    counted. Both are errors in /diagnostics. A process that was to record, and has nothing, ends with exit code 1.
    """

    recorded = 0  # messages in the bags of this process

    def __init__(self) -> None:
        super().__init__("recorder")
        self._takes = Takes(declare(self, "bag", "", "folder of the bag; empty: bags/<date and time>"), cut_off)
        self._profile = declare(self, "profile", "realtime", "profile of config/graph.yaml")
        self._exclude, self._config, self._queue_mb = recorder_parameters(self)
        self._writer, self._tap = None, None
        self._person = TakeServices(self, self._takes, lambda: self._writer is not None)
        try:
            self.bring_up()
        except (ValueError, OSError) as error:
            note_take({"error": str(error)})
            raise

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
        """Takes what has come, then stops listening."""
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
            note_take(result := writer.result())
            self.recorded += result["messages"]
            print("recorded {messages} messages to {folder}, {missing} missing".format(**result), flush=True)

    def _drain(self) -> None:
        for message in self._tap.drain():
            if message.topic not in self._writer.bag.counts:
                self._writer.bag.add_topic(message.topic, self._tap.types[message.topic], *self._tap.qos(message.topic))
            self._writer.put(message)

    def _report(self, status: Diagnostics) -> None:
        self._person.report(status)
        writer, dropped = self._writer, sum(self._writer.dropped.values())
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

    def finish(self) -> int:
        """Writes what has come until now and closes the bag; the exit code."""
        if self._tap is not None:
            self.deactivate()
        if self._writer is not None:
            self.cleanup()
        if self._autostart and not self.recorded:
            print("error: asked to record, but nothing was recorded", file=sys.stderr, flush=True)
            return 1
        return 0


def main() -> None:
    """Runs the node."""
    run_node(RecorderNode, patience_s=None)
