"""Node of the action smoother: /policy/action in, /hand/action out."""

from __future__ import annotations

from typing import Any

from inhand_ros import ComponentNode, Diagnostics, run_node


class SmootherNode(ComponentNode):
    """Steps the smoother on every action of the policy; without one it says nothing, and the controller holds."""

    def __init__(self) -> None:
        self._refused = 0
        super().__init__("smoother")

    def admits(self, topic: str, message: Any) -> bool:
        """Actions of another time are left out: what comes late over a network is not followed as new."""
        current = topic != self.component_spec.on or self.is_current(topic, message)
        self._refused += not current
        return current

    def report(self, status: Diagnostics) -> None:
        """Adds what was left out."""
        status.add("actions of another time", self._refused)
        if self._refused:
            status.warn(f"{self._refused} actions were of another time than this node's clock says")


def main() -> None:
    """Runs the node."""
    run_node(SmootherNode)
