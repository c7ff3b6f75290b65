"""`ros2 bag record`: every message of some or all topics, as it arrives, into an MCAP file."""

import argparse
import datetime
import re
import time
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.errors import WriterError

from .. import graph, messages
from .qos import to_bag
from .types import TypeBook

DEPTH = 1000  # messages that may wait for the disk, of each topic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("topic", nargs="*", help="Topics to record")
    parser.add_argument("--topics", nargs="+", default=[], metavar="Topic", help="Topics to record")
    parser.add_argument("-a", "--all", "--all-topics", dest="all", action="store_true", help="Record all topics")
    parser.add_argument("-e", "--regex", default="", help="Record topics that match this regular expression")
    parser.add_argument("-x", "--exclude-regex", default="", help="Exclude topics that match this regular expression")
    parser.add_argument("--exclude-topics", nargs="+", default=[], metavar="Topic", help="Topics not to record")
    parser.add_argument("--include-hidden-topics", action="store_true", help="Record hidden topics as well")
    parser.add_argument("-o", "--output", type=Path, help="Folder of the bag (default: rosbag2_ and the time)")
    parser.add_argument("--node-name", default="rosbag2_recorder", help="Name of the recorder's node")
    parser.add_argument("-s", "--storage", choices=["mcap"], default="mcap", help="Storage format")
    parser.add_argument(
        "-p", "--polling-interval", type=int, default=100, metavar="MS", help="Look for topics so often"
    )


class Recorder:
    """Subscribes to what the options choose, as it appears, and writes what arrives."""

    def __init__(self, node: Node, writer: Writer, options: argparse.Namespace) -> None:
        self.counts: dict[str, int] = {}
        self._node, self._writer, self._options = node, writer, options
        self._types = TypeBook()
        self._refused: set[str] = set()

    def wants(self, topic: str) -> bool:
        """Return whether a topic is to be recorded."""
        options = self._options
        if options.exclude_regex and re.search(options.exclude_regex, topic):
            return False
        if topic in map(graph.absolute, options.exclude_topics):
            return False
        if topic in map(graph.absolute, (*options.topic, *options.topics)):
            return True
        if graph.is_hidden(topic) and not options.include_hidden_topics:
            return False
        return options.all or bool(options.regex and re.search(options.regex, topic))

    def look(self) -> None:
        """Subscribe to the wanted topics that have publishers and are not recorded yet."""
        for topic, types in self._node.get_topic_names_and_types():
            if topic in self.counts or topic in self._refused or not self.wants(topic):
                continue
            publishers = self._node.get_publishers_info_by_topic(topic)
            if publishers:
                self._subscribe(topic, types, publishers)

    def _subscribe(self, topic: str, types: list[str], publishers: list) -> None:
        log = self._node.get_logger()
        try:
            if len(types) > 1:
                raise LookupError(f"it has more than one type: {', '.join(types)}")
            self._types.learn(types[0])
            kind = messages.interface(types[0], "msg")
        except (LookupError, messages.BadMessage) as error:
            self._refused.add(topic)
            log.warning(f"Topic '{topic}' is not recorded: {error}")
            return
        offered = [to_bag(publisher.qos_profile) for publisher in publishers]
        connection = self._writer.add_connection(
            topic, types[0], typestore=self._types.store, offered_qos_profiles=offered
        )
        self.counts[topic] = 0
        qos = graph.matching_qos(publishers, DEPTH)
        self._node.create_subscription(kind, topic, self._writer_of(connection), qos, raw=True)
        log.info(f"Subscribed to topic '{topic}'")

    def _writer_of(self, connection: Connection) -> Any:
        def write(data: bytes, info: dict[str, int]) -> None:
            self._writer.write(connection, info["received_timestamp"] or time.time_ns(), data)
            self.counts[connection.topic] += 1

        return write


def record(options: argparse.Namespace) -> int | str:
    """Record until Ctrl-C or SIGTERM, then complete the bag and say how much is in it."""
    if not (options.all or options.regex or options.topic or options.topics):
        return "Invalid choice: Must specify topics, --regex or --all"
    path = options.output or Path(datetime.datetime.now().strftime("rosbag2_%Y_%m_%d-%H_%M_%S"))
    try:
        writer = Writer(path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP)
        writer.open()
    except (WriterError, OSError) as error:
        return str(error)
    rclpy.init()
    node = rclpy.create_node(options.node_name, start_parameter_services=False, enable_rosout=False)
    recorder = Recorder(node, writer, options)
    try:
        node.create_timer(options.polling_interval / 1000.0, recorder.look)
        node.get_logger().info(f"Recording to '{path}'")
        recorder.look()
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        writer.close()
        rclpy.try_shutdown()
    total = sum(recorder.counts.values())
    print(f"recorded {total} messages of {len(recorder.counts)} topics in '{path}'", flush=True)
    return 0
