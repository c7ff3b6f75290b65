"""`ros2 bag info`: what is in a bag."""

import argparse
import datetime
import sys
from contextlib import ExitStack
from pathlib import Path

from .reader import open_bag


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument("-s", "--storage", choices=["mcap", "sqlite3"], help="Storage format of the bag")
    parser.add_argument("-t", "--topic-name", action="store_true", help="Only display topic names")


def info(options: argparse.Namespace) -> int | str:
    """Print files, size, times, and the topics with their counts."""
    with ExitStack() as stack:
        bag = open_bag(options.bag_path, stack)
        if options.topic_name:
            print("\n".join(sorted({topic.name for topic in bag.topics})))
            return 0
        storage = "sqlite3" if any(".db3" in path.suffixes for path in bag.files) else "mcap"
        distribution = getattr(bag.whole, "ros_distro", None) or "unknown"
        print(f"\nFiles:             {' '.join(path.name for path in bag.files)}")
        print(f"Bag size:          {_size(sum(path.stat().st_size for path in bag.files))}")
        print(f"Storage id:        {storage}")
        print(f"ROS Distro:        {distribution}")
        print(f"Duration:          {(bag.end - bag.start) / 1e9:.9f}s")
        if bag.count:
            print(f"Start:             {_date(bag.start)}")
            print(f"End:               {_date(bag.end)}")
        print(f"Messages:          {bag.count}")
        lines = [
            f"Topic: {topic.name} | Type: {topic.kind} | Count: {topic.count} | Serialization Format: cdr"
            for topic in sorted(bag.topics, key=lambda topic: topic.name)
        ]
        print(f"Topic information: {f'{chr(10)}{19 * chr(32)}'.join(lines)}")
        print("Service:           0\nService information: ")
        for note in bag.notes:
            print(f"note: {note}", file=sys.stderr)
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
