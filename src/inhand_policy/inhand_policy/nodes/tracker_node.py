"""Node of the tracker: /mocap/markers in; /fingertips and /object/pose out."""

from __future__ import annotations

from inhand_ros import ComponentNode, Diagnostics, run_node


class TrackerNode(ComponentNode):
    """Steps the tracker on every frame of markers; a frame too old to be of use is left out and counted."""

    def __init__(self) -> None:
        super().__init__("tracker")

    def report(self, status: Diagnostics) -> None:
        """Adds what is lost at the moment."""
        state = self.component.state
        status.add("object age [s]", float(state.object.age[0]))
        status.add("fingertips lost", int((~state.tip_valid).sum()))
        if not state.hand.seen.all():
            status.warn("the hand's base markers were never seen: no frame, so nothing is valid")


def main() -> None:
    """Runs the node."""
    run_node(TrackerNode)
