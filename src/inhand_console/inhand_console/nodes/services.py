"""The page's buttons as service calls; each call ends in a report, answered or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from inhand_console.commands import Command, Outcome
from inhand_interfaces.srv import Step

ANSWER_WITHIN_S = 3.0


class Services:
    """Calls services on behalf of the page.

    Args:
        node: whose clients they are.
        step_ticks: policy ticks of one `Command.STEP`.
        report: told how each command ended; from any thread.
    """

    def __init__(self, node: Node, step_ticks: int, report: Callable[[Outcome], None]) -> None:
        self._report = report
        self._calls: dict[Command, tuple[str, type, Any]] = {
            Command.STOP: ("controller/stop", Trigger, Trigger.Request()),
            Command.CLEAR: ("controller/clear", Trigger, Trigger.Request()),
            Command.ENABLE: ("controller/enable", SetBool, SetBool.Request(data=True)),
            Command.START_TRIAL: ("trial/start", Trigger, Trigger.Request()),
            Command.STOP_TRIAL: ("trial/stop", Trigger, Trigger.Request()),
            Command.PAUSE: ("sim/pause", SetBool, SetBool.Request(data=True)),
            Command.RESUME: ("sim/pause", SetBool, SetBool.Request(data=False)),
            Command.STEP: ("sim/step", Step, Step.Request(ticks=step_ticks)),
            Command.RESET: ("sim/reset", Trigger, Trigger.Request()),
        }
        kinds = {name: kind for name, kind, _ in self._calls.values()}
        self._clients = {name: node.create_client(kind, name) for name, kind in kinds.items()}
        self._lock = threading.Lock()
        self._waiting: dict[Future, tuple[Command, float]] = {}

    def press(self, command: Command) -> None:
        """Sends a command; returns at once."""
        name, _, request = self._calls[command]
        client = self._clients[name]
        if not client.service_is_ready():
            self._report(Outcome(command, False, f"nobody offers the service {name}"))
            return
        future = client.call_async(request)
        with self._lock:
            self._waiting[future] = (command, time.monotonic() + ANSWER_WITHIN_S)
        future.add_done_callback(self._answered)

    def check(self) -> None:
        """Reports calls that were not answered in time."""
        now = time.monotonic()
        with self._lock:
            late = [future for future, (_, due) in self._waiting.items() if due < now]
            commands = [self._waiting.pop(future)[0] for future in late]
        for command in commands:
            name = self._calls[command][0]
            self._report(Outcome(command, False, f"no answer from {name} within {ANSWER_WITHIN_S:g} s"))

    def _answered(self, future: Future) -> None:
        with self._lock:
            command, _ = self._waiting.pop(future, (None, 0.0))
        if command is not None:
            answer = future.result()
            self._report(Outcome(command, answer.success, answer.message))
