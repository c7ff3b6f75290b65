"""The page's buttons as service calls; each press ends in a report, answered or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from inhand_console.commands import SERVICES, Command, Outcome
from inhand_console.nodes import choices
from inhand_console.nodes.jog import Jog
from inhand_console.nodes.push import push
from inhand_console.nodes.set_goal import set_goal
from inhand_console.snapshot import Snapshot
from inhand_interfaces.srv import Step

ANSWER_WITHIN_S = 5.0
LONGER = {Command.USE_WEIGHTS: choices.weights, Command.USE_RANDOMIZATION: choices.randomization}
LONGER |= {Command.PUSH: push, Command.SET_GOAL: set_goal}  # more than one call, or one with what is so now
Talk = Generator[tuple[str, type, Any], Any, str]
"""A conversation: yields service, type and request, is sent the response, returns what to tell the person.

Raises ValueError with what to tell the person where it failed.
"""


class Services:
    """Calls services on behalf of the page.

    Args:
        node: whose clients they are.
        step_ticks: policy ticks of one `Command.STEP`.
        report: told how each command ended; from any thread.
        newest: gives what the page last showed, on which it depends what is safe.
    """

    def __init__(
        self, node: Node, step_ticks: int, report: Callable[[Outcome], None], newest: Callable[[], Snapshot]
    ) -> None:
        self._node, self._report, self._newest, self._jog = node, report, newest, Jog(node)
        special = {
            Command.ENABLE: (SetBool, SetBool.Request(data=True)),
            Command.PAUSE: (SetBool, SetBool.Request(data=True)),
            Command.RESUME: (SetBool, SetBool.Request(data=False)),
            Command.STEP: (Step, Step.Request(ticks=step_ticks)),
        }
        self._calls: dict[Command, tuple[str, type, Any]] = {
            command: (name, *special.get(command, (Trigger, Trigger.Request()))) for command, name in SERVICES.items()
        }
        # Clients wait ready: discovering a service takes a while, and a stop must not.
        self._clients: dict[str, Client] = {}
        for name, kind, _ in self._calls.values():
            self._client(name, kind)
        self._lock = threading.Lock()
        self._pressed: list[tuple[Command, str]] = []
        self._waiting: dict[Future, tuple[Command, Talk, str, float]] = {}

    def press(self, command: Command, value: str) -> None:
        """Sends a command; returns at once. What is one call leaves here, the rest in `check`."""
        if command in self._calls:
            self._go_on(command, self._ask(*self._calls[command]), None)
        else:
            with self._lock:
                self._pressed.append((command, value))

    def check(self) -> None:
        """Begins what is more than one call, and reports calls that were not answered in time."""
        now = time.monotonic()
        with self._lock:
            pressed, self._pressed = self._pressed, []
            late = [self._waiting.pop(future) for future, call in list(self._waiting.items()) if call[3] < now]
        for command, talk, name, _ in late:
            talk.close()
            self._report(Outcome(command, False, f"no answer from {name} within {ANSWER_WITHIN_S:g} s"))
        for command, value in pressed:
            if command is Command.JOG:
                self._report(self._jog.press(value, self._newest()))
                continue
            self._go_on(command, LONGER[command](value, self._newest()), None)

    def _ask(self, name: str, kind: type, request: Any) -> Talk:
        answer = yield name, kind, request
        if not answer.success:
            raise ValueError(answer.message)
        return answer.message

    def _go_on(self, command: Command, talk: Talk, answer: Any) -> None:
        """Gives a conversation its answer, and sends what it asks next."""
        try:
            name, kind, request = talk.send(answer)
        except StopIteration as end:
            return self._report(Outcome(command, True, end.value))
        except ValueError as error:
            return self._report(Outcome(command, False, str(error)))
        client = self._client(name, kind)
        if not client.wait_for_service(0.0 if command in self._calls else 1.0):
            talk.close()
            self._report(Outcome(command, False, f"nobody offers {name}"))
            return
        future = client.call_async(request)
        with self._lock:
            self._waiting[future] = (command, talk, name, time.monotonic() + ANSWER_WITHIN_S)
        future.add_done_callback(self._answered)

    def _client(self, name: str, kind: type) -> Client:
        if name not in self._clients:
            self._clients[name] = self._node.create_client(kind, name)
        return self._clients[name]

    def _answered(self, future: Future) -> None:
        with self._lock:
            waiting = self._waiting.pop(future, None)
        if waiting is not None:
            self._go_on(*waiting[:2], future.result())
