"""Which nodes are there, and the lifecycle states of those that have one; asked for only while somebody looks."""

from __future__ import annotations

import time

from lifecycle_msgs.srv import GetState
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from inhand_console.snapshot import Graph, NodeReport
from inhand_ros.names import within

_GET_STATE = "/get_state"
ASK_S = 1.0


class GraphWatch:
    """The nodes of the own namespace and their states; `look` asks again when the last time is long enough ago."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._clients: dict[str, Client] = {}
        self._states: dict[str, str] = {}
        self._asked = 0.0
        self._present: frozenset[str] | None = None
        self._since: dict[str, float] = {}

    def look(self, reports: dict[str, NodeReport]) -> Graph:
        """The graph as it is known now, with the nodes' `reports`; from the executor's thread."""
        if time.monotonic() - self._asked >= ASK_S:
            self._asked = time.monotonic()
            self._ask()
        return Graph(self._present, dict(self._states), dict(reports), dict(self._since))

    def forget(self) -> None:
        """Lets the clients go."""
        for client in self._clients.values():
            self._node.destroy_client(client)
        self._clients.clear()
        self._states.clear()
        self._since.clear()
        self._present = None

    def _ask(self) -> None:
        known, space = self._node.get_node_names_and_namespaces(), self._node.get_namespace()
        self._present = frozenset(name for name, of in known if of == space)
        self._since = {name: self._since.get(name, self._asked) for name in self._present}
        offered = {
            name.removesuffix(_GET_STATE)
            for service, kinds in self._node.get_service_names_and_types()
            if "lifecycle_msgs/srv/GetState" in kinds and (name := within(service, space)) is not None
            if name.endswith(_GET_STATE) and name.count("/") == 1
        }
        for name in set(self._clients) - offered:
            self._node.destroy_client(self._clients.pop(name))
            self._states.pop(name, None)
        for name in offered:
            if name not in self._clients:
                self._clients[name] = self._node.create_client(GetState, f"{name}{_GET_STATE}")
            if self._clients[name].service_is_ready():
                future = self._clients[name].call_async(GetState.Request())
                future.add_done_callback(lambda done, name=name: self._answered(name, done))

    def _answered(self, name: str, future: Future) -> None:
        if name in self._clients and future.exception() is None:
            self._states[name] = future.result().current_state.label
