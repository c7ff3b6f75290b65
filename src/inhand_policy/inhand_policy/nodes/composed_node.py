"""Tracker, goal and smoother in one process (`composed:=true`): three nodes, one executor.

Each keeps its name, topics, parameters and services; give parameters by node, such as `-p goal:timeout_s:=8.0`. A fault
of one ends all three, and launch starts them again together.
"""

from __future__ import annotations

from inhand_policy.nodes.goal_node import GoalNode
from inhand_policy.nodes.smoother_node import SmootherNode
from inhand_policy.nodes.tracker_node import TrackerNode
from inhand_ros import run_node


def main() -> None:
    """Runs the nodes."""
    run_node(TrackerNode, GoalNode, SmootherNode)
