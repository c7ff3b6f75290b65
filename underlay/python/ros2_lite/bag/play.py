"""`ros2 bag play`: publishes a bag's messages at the times, relative to each other, at which they were recorded."""

import argparse
import time
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosbags.rosbag2 import Reader

from .. import messages
from ..graph import absolute
from .qos import to_rclpy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument("-r", "--rate", type=float, default=1.0, help="Rate at which to play back (default: 1)")
    parser.add_argument("--topics", nargs="+", default=[], help="Topics to replay (default: all)")
    parser.add_argument("-d", "--delay", type=float, default=0.0, help="Sleep duration before play, in seconds")
    parser.add_argument("--start-offset", type=float, default=0.0, help="Start this many seconds into the bag")
    parser.add_argument("-l", "--loop", action="store_true", help="Start anew at the end")


def play(options: argparse.Namespace) -> int | str:
    """Play a bag to its end, or until stopped."""
    if options.rate <= 0:
        return "rate must be greater than zero"
    rclpy.init()
    node = rclpy.create_node("rosbag2_player", start_parameter_services=False, enable_rosout=False)
    try:
        with Reader(options.bag_path) as reader:
            chosen = [c for c in reader.connections if not options.topics or c.topic in map(absolute, options.topics)]
            publishers = _publishers(node, chosen)
            time.sleep(options.delay)
            while True:
                _play_once(reader, chosen, publishers, options)
                if not options.loop or not rclpy.ok():
                    break
            for publisher in publishers.values():  # the last messages still have to leave
                publisher.wait_for_all_acked(rclpy.duration.Duration(seconds=1.0))
    except messages.BadMessage as error:
        return str(error)
    except ExternalShutdownException:
        return 1
    finally:
        rclpy.try_shutdown()
    return 0


def _publishers(node: Node, connections: list) -> dict[int, Publisher]:
    """Return a publisher for each connection; two connections of one topic share it."""
    by_topic: dict[str, Publisher] = {}
    for connection in connections:
        if connection.topic not in by_topic:
            kind = messages.interface(connection.msgtype, "msg")
            qos = to_rclpy(list(connection.ext.offered_qos_profiles))
            by_topic[connection.topic] = node.create_publisher(kind, connection.topic, qos)
    return {connection.id: by_topic[connection.topic] for connection in connections}


def _play_once(
    reader: Reader, connections: list, publishers: dict[int, Publisher], options: argparse.Namespace
) -> None:
    first = reader.start_time + int(options.start_offset * 1e9)
    start = time.monotonic()
    for connection, stamp, data in reader.messages(connections, start=first):
        due = start + (stamp - first) / 1e9 / options.rate
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)
        if not rclpy.ok():
            return
        publishers[connection.id].publish(bytes(data))
