"""The simulated system under attack: its launch, and a node that hears what it does and can speak out of turn."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rclpy
from ament_index_python.packages import get_package_prefix
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from std_srvs.srv import SetBool, Trigger

from inhand_core.graph import load_graph
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos, publisher_qos

SETTLED_NS = 100_000_000
"""From the report of a mode until the last command before it is no longer followed: five times its time-out."""
STILL = 0.02
"""A current of the motors that is none [A]: commands of zero, as floats."""
START_S, LIMIT_S, END_S = 300.0, 120.0, 30.0
"""Limits of waiting for the first action, for what a case wants to see, and for the launch's end [s]."""
HEARD = 30_000
"""Messages of each topic that are remembered: two minutes of the fastest."""
MODES = {getattr(ControllerStatus, name): name for name in ("DISABLED", "SOFT_START", "RUNNING", "HOLD")}
MODES |= {ControllerStatus.ZERO_TORQUE: "ZERO_TORQUE", ControllerStatus.STOPPED: "STOPPED"}


class Lost(Exception):
    """What a case was to show did not happen; the text says what did."""


class System:
    """`ros2 launch` of the simulation in a ROS domain of its own, recorded; a context manager.

    Args:
        folder: for logs, bag and the controller's latch.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.bag = folder, folder / "bag"
        self.domain = random.SystemRandom().randint(2, 19)
        self.environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(self.domain),
            "INHAND_STATE_DIR": str(folder / "state"),
            "PYTHONUNBUFFERED": "1",
        }
        self.spec = load_graph("realtime")
        self._heard: dict[str, deque[tuple[float, Any]]] = {}
        self._processes: list[subprocess.Popen] = []
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=self.domain)
        self.node = rclpy.create_node("fault_campaign", context=self._context)
        for topic, entry in self.spec.topics.items():
            self._listen(topic, message_class(entry.message), entry.qos == "latched")
        self._listen("controller/status", ControllerStatus)
        self._listen("/diagnostics", DiagnosticArray)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        settings = ("console:=false", "cameras:=off", "goal_timeout:=80.0", "record:=true", f"bag:={self.bag}")
        self.launch = self.start("launch", ["ros2", "launch", "inhand_bringup", "sim.launch.xml", *settings])

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._executor.shutdown()
        self._thread.join(5.0)
        self.node.destroy_node()
        self._context.shutdown()

    def start(self, name: str, command: list[str], **environment: str) -> subprocess.Popen:
        """Starts a program beside the system, with its output in <name>.log."""
        with (self.folder / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                command,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def log(self, name: str = "launch") -> str:
        """What a program has written so far."""
        return (self.folder / f"{name}.log").read_text()

    def pid(self, program: str) -> int:
        """Process of a program, as launch named it last."""
        found = re.findall(rf"\[{program}-\d+\]: process started with pid \[(\d+)\]", self.log())
        if not found:
            raise Lost(f"{program} was not started")
        return int(found[-1])

    def since(self, topic: str, then: float) -> list[Any]:
        """Messages that came after a time of `time.monotonic` [s]."""
        return [message for at, message in list(self._heard[topic]) if at > then]

    def newest(self, topic: str) -> Any:
        """The newest message; None before the first."""
        heard = self._heard[topic]
        return heard[-1][1] if heard else None

    def modes(self, then: float) -> set[int]:
        """What the controller has reported since then."""
        return {status.mode for status in self.since("controller/status", then)}

    def status(self) -> ControllerStatus:
        """The controller's newest report."""
        return self._heard["controller/status"][-1][1]

    def errors(self, then: float, words: str) -> list[str]:
        """Messages of diagnostics at ERROR since then with these words."""
        statuses = [status for message in self.since("/diagnostics", then) for status in message.status]
        return [s.message for s in statuses if s.level == DiagnosticStatus.ERROR and words in s.message]

    def torque(self, stamp_ns: int) -> float:
        """Largest current of the simulated motors after a time of their sensors, up to now [A].

        By stamps, not by when they came: on a busy machine this node hears late.
        """
        now_ns = to_ns(self.status().header.stamp)
        self.wait(lambda: self._newest_ns() >= now_ns, "sensors up to now")
        readings = [m for _, m in list(self._heard["hand/sensors"]) if to_ns(m.header.stamp) > stamp_ns]
        return max((max(map(abs, reading.motor_current)) for reading in readings), default=0.0)

    def _newest_ns(self) -> int:
        return to_ns(self._heard["hand/sensors"][-1][1].header.stamp)

    def wait(self, condition: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> float:
        """Waits for a condition; returns how long it took [s].

        Raises:
            Lost: it did not come, or the launch ended.
        """
        begun = time.monotonic()
        while not condition():
            if time.monotonic() > begun + limit_s:
                raise Lost(f"no {what} within {limit_s:g} s")
            if self.launch.poll() is not None:
                raise Lost(f"the launch ended with code {self.launch.returncode}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def wait_for_mode(self, mode: int, limit_s: float = LIMIT_S) -> float:
        """Waits for a report of a mode that is made from now on; returns how long it took [s]."""
        now = time.monotonic()
        return self.wait(lambda: mode in self.modes(now), MODES[mode], limit_s)

    def without_torque(self, mode: int) -> int:
        """Waits for a mode without torque; returns the time of the sensors from which on motors must rest [ns]."""
        self.wait_for_mode(mode)
        return to_ns(self.status().header.stamp) + SETTLED_NS

    @contextlib.contextmanager
    def publisher(self, topic: str, kind: Any = None) -> Iterator[Any]:
        """A second publisher of one of the graph's topics, once somebody listens to it, until the block's end."""
        known = topic in self.spec.topics
        qos = publisher_qos(self.spec, topic) if known else 10
        outlet = self.node.create_publisher(kind or message_class(self.spec.topics[topic].message), topic, qos)
        try:
            self.wait(outlet.get_subscription_count, f"subscription of {topic}")
            yield outlet
        finally:
            self.node.destroy_publisher(outlet)

    def call(self, name: str, kind: Any = Trigger, **request: Any) -> Any:
        """Calls a service.

        Raises:
            Lost: nobody answers.
        """
        client = self.node.create_client(kind, name)
        if not client.wait_for_service(LIMIT_S):
            raise Lost(f"no service {name}")
        future = client.call_async(kind.Request(**request))
        self.wait(future.done, f"answer of {name}")
        return future.result()

    def rest(self) -> int:
        """Disables the controller; returns the time of the sensors from which on its motors must rest [ns]."""
        self.call("controller/enable", SetBool, data=False)
        return self.without_torque(ControllerStatus.DISABLED)

    def run(self) -> float:
        """Lets the controller run, as a person does: once it is alone, which discovery may know late; the time it took.

        Raises:
            Lost: it refuses.
        """
        self.call("controller/clear")
        took = self.wait(lambda: self.call("controller/enable", SetBool, data=True).success, "enable")
        return took + self.wait_for_mode(ControllerStatus.RUNNING)

    def end(self) -> int:
        """Ends the launch as a person does, and whatever runs beside it; the launch's exit code."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return self.launch.returncode

    def _listen(self, topic: str, kind: Any, latched: bool = False) -> None:
        heard = self._heard[topic] = deque(maxlen=HEARD)

        def hear(message: Any) -> None:
            heard.append((time.monotonic(), message))

        self.node.create_subscription(kind, topic, hear, observer_qos(latched=latched))

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()


def require(condition: object, text: str) -> None:
    """Raises Lost with this text where the condition does not hold."""
    if not condition:
        raise Lost(text)


def program(package: str, name: str) -> str:
    """Path of an executable."""
    return f"{get_package_prefix(package)}/lib/{package}/{name}"
