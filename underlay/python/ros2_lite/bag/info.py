"""`ros2 bag info`: what is in a bag."""

import argparse
import datetime
from pathlib import Path

from rosbags.rosbag2 import Reader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument("-s", "--storage", choices=["mcap"], help="Storage format of the bag")
    parser.add_argument("-t", "--topic-name", action="store_true", help="Only display topic names")


def info(options: argparse.Namespace) -> int | str:
    """Print files, size, times, and the topics with their counts."""
    with Reader(options.bag_path) as reader:
        if options.topic_name:
            print("\n".join(sorted({connection.topic for connection in reader.connections})))
            return 0
        size = sum(path.stat().st_size for path in options.bag_path.iterdir() if path.suffix == ".mcap")
        files = sorted(path.name for path in options.bag_path.iterdir() if path.suffix == ".mcap")
        print(f"\nFiles:             {' '.join(files)}")
        print(f"Bag size:          {_size(size)}")
        print("Storage id:        mcap")
        print(f"ROS Distro:        {reader.ros_distro or 'unknown'}")
        print(f"Duration:          {reader.duration / 1e9:.9f}s")
        if reader.message_count:
            print(f"Start:             {_date(reader.start_time)}")
            print(f"End:               {_date(reader.end_time)}")
        print(f"Messages:          {reader.message_count}")
        lines = [
            f"Topic: {connection.topic} | Type: {connection.msgtype} | Count: {connection.msgcount} | "
            f"Serialization Format: {connection.ext.serialization_format}"
            for connection in sorted(reader.connections, key=lambda connection: connection.topic)
        ]
        print(f"Topic information: {f'{chr(10)}{19 * chr(32)}'.join(lines)}")
        print("Service:           0\nService information: ")
    return 0


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def _date(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    text = datetime.datetime.fromtimestamp(seconds).strftime("%b %e %Y %H:%M:%S")
    return f"{text}.{rest:09d} ({seconds}.{rest:09d})"
