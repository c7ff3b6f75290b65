"""Node of the action smoother: /policy/action in, /hand/action out."""

from __future__ import annotations

from inhand_ros import ComponentNode, run_node


class SmootherNode(ComponentNode):
    """Steps the smoother on every action of the policy; without one it says nothing, and the controller holds."""

    def __init__(self) -> None:
        super().__init__("smoother")


def main() -> None:
    """Runs the node."""
    run_node(SmootherNode)
