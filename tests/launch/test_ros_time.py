"""The drivers' time where all devices are simulated: the simulator's ticks, and never an old one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from support.processes import wait_for

from inhand_drivers.nodes.ros_time import RosTime
from inhand_drivers.stamp_time import StampTime
from inhand_ros import to_stamp

SECOND = 1_000_000_000


@pytest.fixture
def context(domain: int) -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    yield context
    context.shutdown()


@pytest.fixture
def pair(context: rclpy.Context) -> Iterator[tuple[RosTime, Node, Node]]:
    """The time of a driver's node, that node, and one that says what time it is."""
    options = [Parameter("simulated", value=True), Parameter("use_sim_time", value=True)]
    driver = Node("driver", context=context, parameter_overrides=options)
    simulator = Node("simulator", context=context)
    time = RosTime(driver)
    yield time, driver, simulator
    driver.destroy_node()
    simulator.destroy_node()


def test_a_tick_counts_before_the_executor_has_come_to_it(pair) -> None:
    time, _, simulator = pair
    ticks = simulator.create_publisher(Clock, "sim/tick", 50)
    wait_for(ticks.get_subscription_count, 30.0, "a listener")
    assert not time.ready and time.now_ns() == 0 and time.seconds() == 0.0
    for k in range(3):
        ticks.publish(Clock(clock=to_stamp(10 * SECOND + k * 2_500_000)))
    wait_for(lambda: time.now_ns() == 10 * SECOND + 5_000_000, 30.0, "the newest tick, though nobody spins")
    assert time.ready and time.seconds() == pytest.approx(0.005)
    ticks.publish(Clock(clock=to_stamp(2 * SECOND)))  # another simulator, that began at another time
    wait_for(lambda: time.now_ns() == 2 * SECOND, 30.0, "the other simulator's time")
    assert time.seconds() == pytest.approx(0.005), "what time-outs count in never goes back"
    ticks.publish(Clock(clock=to_stamp(3 * SECOND)))
    wait_for(lambda: time.now_ns() == 3 * SECOND, 30.0, "a second more")
    assert time.seconds() == pytest.approx(1.005)


def test_what_overtakes_its_tick_is_not_dated_back(pair) -> None:
    time, _, _ = pair
    now = 10 * SECOND
    assert time.not_before(now, now + 20_000_000) == now + 20_000_000
    assert time.not_before(now, now - 20_000_000) == now
    assert time.not_before(now, now + SECOND) == now, "a time that is wrong"


def test_a_thread_waits_for_the_next_tick_and_not_for_ever(pair, context) -> None:
    time, driver, simulator = pair
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(driver)
    ticks = simulator.create_publisher(Clock, "sim/tick", 50)
    wait_for(ticks.get_subscription_count, 30.0, "a listener")
    time.await_tick(0.01)
    woken = threading.Event()
    thread = threading.Thread(target=lambda: (time.await_tick(60.0), woken.set()))
    thread.start()

    def say() -> bool:
        ticks.publish(Clock(clock=to_stamp(simulator.get_clock().now().nanoseconds)))
        executor.spin_once(timeout_sec=0.05)
        return woken.is_set()

    wait_for(say, 30.0, "the thread to wake")
    thread.join(30.0)
    executor.shutdown()


def test_an_emulated_device_counts_what_its_inputs_have_seen() -> None:
    time = StampTime(simulated=True)
    assert time.seconds() == 0.0
    time.seen(7 * SECOND)
    time.seen(7 * SECOND + 5_000_000)
    assert time.seconds() == pytest.approx(0.005)
    assert StampTime(simulated=False).seconds() > 0.0
