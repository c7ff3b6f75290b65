"""`ros2 bag play`: publishes a bag's messages at the times, relative to each other, at which they were recorded."""

import argparse
import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import rclpy
from builtin_interfaces.msg import Time
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from .. import messages
from ..graph import absolute
from .qos import to_rclpy
from .reader import OpenBag, Topic, open_bag

RCLError = _rclpy.RCLError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument("-r", "--rate", type=float, default=1.0, help="Rate at which to play back (default: 1)")
    parser.add_argument("--topics", nargs="+", default=[], help="Topics to replay (default: all)")
    parser.add_argument("-d", "--delay", type=float, default=0.0, help="Sleep duration before play, in seconds")
    parser.add_argument("--start-offset", type=float, default=0.0, help="Start this many seconds into the bag")
    parser.add_argument("--playback-duration", type=float, default=-1.0, help="Play so many seconds (negative: all)")
    parser.add_argument("-e", "--regex", default="", help="Replay topics that match this regular expression")
    parser.add_argument("-x", "--exclude-regex", default="", help="Leave topics out that match this expression")
    parser.add_argument("-m", "--remap", nargs="+", default=[], metavar="OLD:=NEW", help="Publish under other names")
    parser.add_argument(
        "--clock", nargs="?", type=float, const=40.0, default=0.0, metavar="HZ", help="Publish /clock (default: 40 Hz)"
    )
    parser.add_argument("--disable-keyboard-controls", action="store_true", help="There are none here")
    parser.add_argument("-s", "--storage", choices=["mcap", "sqlite3"], help="Storage format of the bag")
    parser.add_argument("-l", "--loop", action="store_true", help="Start anew at the end")


def play(options: argparse.Namespace) -> int | str:
    """Play a bag to its end, or until stopped."""
    if options.rate <= 0:
        return "rate must be greater than zero"
    if bad := [word for word in options.remap if ":=" not in word]:
        return f"malformed remapping '{bad[0]}', expected format 'old_topic:=new_topic'"
    rclpy.init()
    node = rclpy.create_node("rosbag2_player", start_parameter_services=False, enable_rosout=False)
    try:
        with ExitStack() as stack:
            bag = open_bag(options.bag_path, stack)
            for note in bag.notes:
                print(f"note: {note}", file=sys.stderr)
            chosen = [topic for topic in bag.topics if _wanted(topic.name, options)]
            publishers = _publishers(node, chosen, dict(word.split(":=", 1) for word in options.remap))
            clock = node.create_publisher(Clock, "/clock", 10) if options.clock > 0 else None
            time.sleep(options.delay)
            while True:
                _play_once(bag, publishers, clock, options)
                if not options.loop or not rclpy.ok():
                    break
            for publisher in publishers.values():  # the last messages still have to leave
                publisher.wait_for_all_acked(rclpy.duration.Duration(seconds=1.0))
    except messages.BadMessage as error:
        return str(error)
    except KeyboardInterrupt:
        pass
    except (ExternalShutdownException, RCLError):
        if rclpy.ok():  # else somebody has stopped it in the middle of a message, which is how a loop ends
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _wanted(topic: str, options: argparse.Namespace) -> bool:
    """Return whether a topic is to be replayed."""
    if options.exclude_regex and re.search(options.exclude_regex, topic):
        return False
    if not options.topics and not options.regex:
        return True
    return topic in map(absolute, options.topics) or bool(options.regex and re.search(options.regex, topic))


def _publishers(node: Node, topics: list[Topic], names: dict[str, str]) -> dict[str, Publisher]:
    """Return a publisher for each topic, under its new name."""
    names = {absolute(old): absolute(new) for old, new in names.items()}
    found: dict[str, Publisher] = {}
    for topic in topics:
        if topic.name not in found:
            kind = messages.interface(topic.kind, "msg")
            found[topic.name] = node.create_publisher(
                kind, names.get(topic.name, topic.name), to_rclpy(list(topic.profiles))
            )
    return found


def _play_once(
    bag: OpenBag,
    publishers: dict[str, Publisher],
    clock: Publisher | None,
    options: argparse.Namespace,
) -> None:
    first = bag.start + int(options.start_offset * 1e9)
    last = first + int(options.playback_duration * 1e9) if options.playback_duration >= 0 else None
    start = time.monotonic()
    told = float("-inf")

    def wait_until(due: float) -> None:
        """Sleep, and tell the bag's time as often as is wanted."""
        nonlocal told
        while rclpy.ok():
            now = time.monotonic()
            if clock is not None and now - told >= 1.0 / options.clock:
                told = now
                at = first + int((now - start) * options.rate * 1e9)
                clock.publish(Clock(clock=Time(sec=at // 10**9, nanosec=at % 10**9)))
            if now >= due:
                return
            time.sleep(min(due - now, 1.0 / options.clock if clock is not None else due - now))

    for topic, stamp, data in bag.messages(set(publishers)):
        if stamp < first:
            continue
        if last is not None and stamp > last:
            return
        wait_until(start + (stamp - first) / 1e9 / options.rate)
        if not rclpy.ok():
            return
        publishers[topic].publish(bytes(data))
