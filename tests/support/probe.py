"""A node of the test's own: remembers what it hears, calls services."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile

from inhand_interfaces.msg import ControllerStatus, Trial
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos
from support.processes import wait_for


class Probe:
    """Listens in a thread; `heard[topic]` is the list of (wall time [s], message).

    Of topics neither `latched` nor `reliable` a busy machine may lose messages, the last one before a pause included.
    """

    def __init__(
        self, domain: int, topics: dict[str, str], latched: tuple[str, ...] = (), reliable: tuple[str, ...] = ()
    ) -> None:
        self.heard: dict[str, list[tuple[float, Any]]] = {topic: [] for topic in topics}
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("probe", context=self._context)
        for topic, kind in topics.items():
            qos = observer_qos(reliable=topic in (*latched, *reliable), latched=topic in latched)
            self.node.create_subscription(message_class(kind), topic, self._receiver(topic), qos)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def newest(self, topic: str) -> Any:
        """The newest message of a topic; None before the first."""
        return self.heard[topic][-1][1] if self.heard[topic] else None

    def since(self, topic: str, wall: float) -> list[Any]:
        """Messages that came after that time of `time.monotonic`."""
        return [message for then, message in list(self.heard[topic]) if then > wall]

    def publish(self, topic: str, message: Any, qos: QoSProfile | int = 10) -> None:
        """Publishes one message, when a subscriber is there."""
        publisher = self.node.create_publisher(type(message), topic, qos)
        wait_for(publisher.get_subscription_count, 20.0, f"a subscriber of {topic}")
        publisher.publish(message)
        publisher.wait_for_all_acked(Duration(seconds=5))
        time.sleep(0.1)  # best effort: nobody says that it has come
        self.node.destroy_publisher(publisher)  # who publishes commands still is a second controller

    def listen(self, topic: str, kind: str, job: Callable[[], Any], qos: QoSProfile | int = 10) -> None:
        """Calls `job` with every message of one more topic, of type "package/msg/Name"."""
        self.node.create_subscription(message_class(kind), topic, lambda _: job(), qos, raw=True)

    def call(self, kind: Any, name: str, **request: Any) -> Any:
        """Calls a service and returns its response."""
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(20.0), f"no service {name}"
        future = client.call_async(kind.Request(**request))
        wait_for(future.done, 20.0, f"an answer of {name}")
        self.node.destroy_client(client)
        return future.result()

    def run(self, job: Callable[[], Any]) -> Any:
        """Runs a job in the listening thread: what the executor waits for must not be destroyed under its hands."""
        future = self._executor.create_task(job)
        wait_for(future.done, 20.0, "the listening thread")
        return future.result()

    def close(self) -> None:
        """Ends thread and node."""
        self._executor.shutdown()
        self._thread.join(5.0)
        self.node.destroy_node()
        self._context.shutdown()

    def _receiver(self, topic: str) -> Any:
        return lambda message: self.heard[topic].append((time.monotonic(), message))

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return


def in_a_trial(probe: Probe) -> bool:
    """Whether trial and controller run."""
    trial, status = probe.newest("trial"), probe.newest("controller/status")
    return bool(trial and status) and (trial.state, status.mode) == (Trial.RUNNING, ControllerStatus.RUNNING)
