"""`ros2 topic hz`: how often messages arrive."""

import argparse
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import rclpy

from . import graph

WINDOW = 10000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("topic_name", nargs="+")
    parser.add_argument("-w", "--window", type=int, default=WINDOW, help="window in messages (default: %(default)s)")
    parser.add_argument("--filter", metavar="EXPR", help="Only count messages 'm' for which this expression holds")
    parser.add_argument("--wall-time", action="store_true", help="Measure by the wall clock even with --use-sim-time")


class Rate:
    """Arrival times of one topic's messages, in seconds."""

    def __init__(self, window: int, now: Callable[[], float], wanted: Callable[[Any], bool] | None = None) -> None:
        """`now` tells the time in seconds; only messages that are `wanted` count."""
        self._now, self._wanted = now, wanted
        self._times: deque[float] = deque(maxlen=window + 1)
        self._told = 0.0

    def __call__(self, message: Any) -> None:
        if self._wanted is None or self._wanted(message):
            self._times.append(self._now())

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
    """Print the rate of each topic once a second until stopped; without a filter messages are not even decoded."""
    names = [graph.absolute(name) for name in options.topic_name]
    wanted = (lambda m: eval(options.filter, {}, {"m": m})) if options.filter else None
    with graph.direct_node(options.spin_time, graph.has_topic(names[0]), use_sim_time=options.use_sim_time) as node:
        clock = node.get_clock()
        simulated = options.use_sim_time and not options.wall_time
        now = (lambda: clock.now().nanoseconds * 1e-9) if simulated else time.monotonic
        rates = {name: Rate(options.window, now, wanted) for name in names}
        waiting = set(names)
        for name in names:
            if graph.message_class(node, name) is None:
                print(f"WARNING: topic [{name}] does not appear to be published yet", flush=True)
        due = time.monotonic() + 1.0
        while rclpy.ok():
            for name in [name for name in waiting if graph.message_class(node, name) is not None]:
                qos = graph.matching_qos(node.get_publishers_info_by_topic(name), depth=100)
                node.create_subscription(graph.message_class(node, name), name, rates[name], qos, raw=wanted is None)
                waiting.remove(name)
            rclpy.spin_once(node, timeout_sec=0.1)
            if time.monotonic() >= due:
                due += 1.0
                for name, rate in rates.items():
                    if (text := rate.text()) is not None:
                        print(text if len(names) == 1 else f"{name}: {text}", flush=True)
    return 0
