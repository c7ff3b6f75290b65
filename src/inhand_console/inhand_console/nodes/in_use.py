"""What the running nodes use, by their own parameters; asked for only while somebody looks."""

from __future__ import annotations

import time

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from inhand_console.nodes.choices import POLICY, RANDOMIZED
from inhand_console.snapshot import InUse
from inhand_console.weights_files import as_chosen
from inhand_core.paths import resource_root

ASK_S = 2.0
WEIGHTS, RANDOMIZATION = "weights", "randomization"


class InUseWatch:
    """Asks the nodes for the parameters behind the page's dropdowns, every two seconds."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._clients: dict[str, Client] = {}
        self._known: dict[str, dict[str, str]] = {}
        self._asked = 0.0

    def look(self, present: frozenset[str] | None) -> InUse:
        """What is known now of the nodes that are `present`; from the executor's thread."""
        names = [name for name in RANDOMIZED if present is not None and name in present]
        if names and time.monotonic() - self._asked >= ASK_S:
            self._asked = time.monotonic()
            for name in names:
                self._ask(name)
        known = {name: self._known[name] for name in names if name in self._known}
        weights = known.get(POLICY, {}).get(WEIGHTS)
        groups = {name: values[RANDOMIZATION] for name, values in known.items() if RANDOMIZATION in values}
        return InUse(None if weights is None else as_chosen(weights, resource_root()), groups)

    def forget(self) -> None:
        """Lets the clients go."""
        for client in self._clients.values():
            self._node.destroy_client(client)
        self._clients.clear()
        self._known.clear()
        self._asked = 0.0

    def _ask(self, name: str) -> None:
        if name not in self._clients:
            self._clients[name] = self._node.create_client(GetParameters, f"{name}/get_parameters")
        if self._clients[name].service_is_ready():
            asked = [RANDOMIZATION, WEIGHTS] if name == POLICY else [RANDOMIZATION]
            future = self._clients[name].call_async(GetParameters.Request(names=asked))
            future.add_done_callback(lambda done: self._answered(name, asked, done))

    def _answered(self, name: str, asked: list[str], future: Future) -> None:
        if name not in self._clients or future.exception() is not None:
            return
        values = zip(asked, future.result().values, strict=False)
        self._known[name] = {
            key: value.string_value for key, value in values if value.type == ParameterType.PARAMETER_STRING
        }
