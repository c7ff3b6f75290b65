"""The executor does what rclpy's does."""

import threading
import time

import pytest
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from inhand_interfaces.msg import Trial
from inhand_ros.executor import SteadyExecutor


class Ended(Exception):
    """Ends a test's spin."""


def test_messages_come_in_order_and_none_is_left_out(ros):
    node, got = Node("n"), []
    node.create_subscription(Trial, "t", lambda m: got.append(m.sequence), 1000)
    publisher = node.create_publisher(Trial, "t", 1000)

    def publish():
        for n in range(50):
            publisher.publish(Trial(sequence=len(sent) + n))
        sent.extend(range(50))

    def end():
        if len(got) >= 200:
            raise Ended

    sent = []
    for _ in range(4):
        publish()
    node.create_timer(0.01, end)
    executor = SteadyExecutor()
    executor.add_node(node)
    with pytest.raises(Ended):
        executor.spin()
    assert got == list(range(200))


def test_services_and_entities_made_later_work(ros):
    node, calls = Node("n"), []

    def answer(_, response):
        calls.append(1)
        response.success = True
        node.create_timer(0.01, end)
        return response

    def end():
        raise Ended

    node.create_service(Trigger, "s", answer)
    caller = Node("caller")
    client = caller.create_client(Trigger, "s")
    other = SingleThreadedExecutor()
    other.add_node(caller)

    def call():
        client.wait_for_service(5.0)
        other.spin_until_future_complete(client.call_async(Trigger.Request()), 5.0)

    thread = threading.Thread(target=call)
    thread.start()
    executor = SteadyExecutor()
    executor.add_node(node)
    with pytest.raises(Ended):
        executor.spin()
    thread.join(10.0)
    assert calls == [1]


def test_shutdown_from_outside_ends_spinning(ros):
    node = Node("n")
    executor = SteadyExecutor()
    executor.add_node(node)

    def end():
        time.sleep(0.2)
        rclpy.shutdown()

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(ExternalShutdownException):
        executor.spin()
    thread.join()


def test_stop_ends_the_spin_from_another_thread(ros):
    node, executor = Node("n"), SteadyExecutor()
    executor.add_node(node)
    ended = threading.Event()

    def spin():
        executor.spin()
        ended.set()

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    executor.stop()
    assert ended.wait(60.0)
    assert node.context.ok()
