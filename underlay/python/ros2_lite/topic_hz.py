"""`ros2 topic hz`: how often messages arrive."""

import argparse
import time
from collections import deque

import numpy as np
import rclpy

from . import graph

WINDOW = 10000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("topic_name", nargs="+")
    parser.add_argument("-w", "--window", type=int, default=WINDOW, help="window in messages (default: %(default)s)")


class Rate:
    """Arrival times of one topic's messages, in seconds."""

    def __init__(self, window: int) -> None:
        self._times: deque[float] = deque(maxlen=window + 1)
        self._told = 0.0

    def __call__(self, _message: object) -> None:
        self._times.append(time.monotonic())

    def text(self) -> str | None:
        """Return rate, extremes and spread of the intervals; None without an interval or a new message."""
        if len(self._times) < 2 or self._times[-1] == self._told:
            return None
        self._told = self._times[-1]
        intervals = np.diff(self._times)
        return (
            f"average rate: {1.0 / max(intervals.mean(), 1e-9):.3f}\n"
            f"\tmin: {intervals.min():.3f}s max: {intervals.max():.3f}s "
            f"std dev: {intervals.std():.5f}s window: {len(intervals)}"
        )


def hz(options: argparse.Namespace) -> int | str:
    """Print the rate of each topic once a second until stopped; messages are counted, not decoded."""
    names = [graph.absolute(name) for name in options.topic_name]
    rates = {name: Rate(options.window) for name in names}
    with graph.direct_node(options.spin_time, graph.has_topic(names[0])) as node:
        waiting = set(names)
        for name in names:
            if graph.message_class(node, name) is None:
                print(f"WARNING: topic [{name}] does not appear to be published yet", flush=True)
        due = time.monotonic() + 1.0
        while rclpy.ok():
            for name in [name for name in waiting if graph.message_class(node, name) is not None]:
                qos = graph.matching_qos(node.get_publishers_info_by_topic(name), depth=100)
                node.create_subscription(graph.message_class(node, name), name, rates[name], qos, raw=True)
                waiting.remove(name)
            rclpy.spin_once(node, timeout_sec=0.1)
            if time.monotonic() >= due:
                due += 1.0
                for name, rate in rates.items():
                    if (text := rate.text()) is not None:
                        print(text if len(names) == 1 else f"{name}: {text}", flush=True)
    return 0
