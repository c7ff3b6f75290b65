"""`inhand bench cameras`: what the simulator's cameras deliver over DDS, and whether physics keeps pace beside them."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import rclpy
from ament_index_python.packages import get_package_prefix
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from inhand_description import CAMERAS
from inhand_interfaces.msg import SimStatus

SETTLE_S = 2.0
START_S = 60.0


@dataclass(frozen=True)
class Turn:
    """What was counted: simulated over wall time, ticks given up, and images a second of one camera."""

    factor: float
    missed: int
    rate: float


def cameras(renderer: str = "classic", seconds: float = 8.0, repeats: int = 3, domain: int = 86) -> int:
    """Time the simulator with no, one and three cameras subscribed to, in turns; medians over the turns.

    Args:
        renderer: classic or filament.
        seconds: length of a turn.
        repeats: number of turns of each.
        domain: ROS domain of the run, one that nobody else uses.

    Raises:
        RuntimeError: the simulator or its cameras do not start.
    """
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    folder = f"{get_package_prefix('inhand_sim')}/lib/inhand_sim"
    commands = [[f"{folder}/sim_node"], [f"{folder}/camera_node", "--ros-args", "-p", f"renderer:={renderer}"]]
    processes = [subprocess.Popen(command, stdout=sys.stderr) for command in commands]
    rclpy.init()
    node = rclpy.create_node("bench_cameras")
    try:
        counts = (0, 1, len(CAMERAS))
        wait_for_images(node, processes)
        turns = [{count: take_turn(node, count, seconds) for count in counts} for _ in range(repeats)]
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
        for process in processes:
            process.send_signal(signal.SIGINT)
        for process in processes:
            process.wait(20.0)
    print(f"renderer {renderer}, median of {repeats} turns of {seconds:g} s:")
    for count in counts:
        factor, missed, rate = (statistics.median(getattr(turn[count], k) for turn in turns) for k in vars(turns[0][0]))
        print(f"  {count} cameras: real-time factor {factor:.3f}, missed ticks {missed:.0f}, {rate:5.1f} images/s each")
    return 0


def wait_for_images(node: Node, processes: list[subprocess.Popen]) -> None:
    """Waits for the first image.

    Raises:
        RuntimeError: there is none in `START_S` seconds, or a process has ended.
    """
    heard: list[object] = []
    subscription = node.create_subscription(Image, "camera_top/image_raw", heard.append, QoSProfile(depth=5), raw=True)
    end = time.monotonic() + START_S
    while not heard:
        rclpy.spin_once(node, timeout_sec=0.1)
        if time.monotonic() > end or any(process.poll() is not None for process in processes):
            raise RuntimeError("no image came; what the simulator and its cameras said is above")
    node.destroy_subscription(subscription)


def take_turn(node: Node, count: int, seconds: float) -> Turn:
    """Subscribes to the first `count` cameras; counts after they have had time to be discovered."""
    images, statuses = [0], []
    subscriptions = [
        node.create_subscription(Image, f"camera_{row.name}/image_raw", lambda _: count_one(images), 5, raw=True)
        for row in CAMERAS[:count]
    ]
    subscriptions.append(node.create_subscription(SimStatus, "sim/status", statuses.append, 10))
    spin(node, SETTLE_S)
    images[0], before = 0, statuses[-1]
    start = time.monotonic()
    spin(node, seconds)
    wall, after = time.monotonic() - start, statuses[-1]
    for subscription in subscriptions:
        node.destroy_subscription(subscription)
    simulated = after.header.stamp.sec - before.header.stamp.sec
    simulated += 1e-9 * (after.header.stamp.nanosec - before.header.stamp.nanosec)
    return Turn(simulated / wall, after.missed_ticks - before.missed_ticks, images[0] / wall / max(count, 1))


def count_one(counter: list[int]) -> None:
    """Adds one."""
    counter[0] += 1


def spin(node: Node, seconds: float) -> None:
    """Runs the node's callbacks for this long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0.0:
        rclpy.spin_once(node, timeout_sec=left)
