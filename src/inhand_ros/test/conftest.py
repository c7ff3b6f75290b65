"""ROS for unit tests: one context a test, cut off from everything else on the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "OFF"

import rclpy
from rclpy.executors import SingleThreadedExecutor


@pytest.fixture
def ros() -> Iterator[None]:
    """rclpy initialised, and shut down after the test."""
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture
def spin(ros: None) -> Callable[..., None]:
    """Spins nodes until a condition holds; fails after 10 s."""

    def run(nodes: list[Any], until: Callable[[], bool]) -> None:
        executor = SingleThreadedExecutor()
        for node in nodes:
            executor.add_node(node)
        end = time.monotonic() + 10.0
        while not until():
            assert time.monotonic() < end, "nothing came of it in 10 s"
            executor.spin_once(timeout_sec=0.05)
        for node in nodes:
            executor.remove_node(node)
        executor.shutdown()

    return run
