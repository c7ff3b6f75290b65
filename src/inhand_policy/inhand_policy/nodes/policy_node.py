"""Lifecycle node of the policy: /fingertips, /object/pose, /goal and /trial in; /policy/action out."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: one row needs one thread, more wait for each other

from rclpy.impl.rcutils_logger import RcutilsLogger

from inhand_core.config import read_yaml
from inhand_core.paths import config_file
from inhand_core.signals import Signal
from inhand_policy.weights import check_deployment
from inhand_ros import Diagnostics, LifecycleComponentNode, run_node


class PolicyNode(LifecycleComponentNode):
    """Steps the policy every 80 ms of the time base in use; while an input is missing or too old it says nothing.

    Configuring loads the weights and refuses those that do not fit the hand, the rate or the smoother. While weights
    are untrained, the logger's name says so on every line.
    """

    changeable = ("weights", "deterministic")

    def __init__(self) -> None:
        super().__init__("policy")

    def setup_component(self) -> None:
        """Loads the weights and compares them with the graph they are to run in."""
        super().setup_component()
        weights = self.component.weights
        check_deployment(weights, read_yaml(config_file("smoother")), self.spec.topics["policy/action"].rate)
        choice = "mean bins" if self.component.config.deterministic else "sampled bins"
        self.get_logger().info(f"weights {weights.source}, {choice}, recipe: {weights.metadata.training.recipe}")

    def get_logger(self) -> RcutilsLogger:
        """The node's logger; with untrained weights a child of it whose name says so."""
        logger = super().get_logger()
        component = getattr(self, "component", None)
        return logger.get_child("RANDOM_UNTRAINED_WEIGHTS") if component and component.weights.random else logger

    def before_step(self, inputs: dict[str, Signal], time_ns: int) -> dict[str, Signal] | None:
        """Says nothing while an input is missing or its node silent, so that the controller holds the hand."""
        return inputs if self.lockstep or set(inputs) == set(self.component_spec.inputs) else None

    def report(self, status: Diagnostics) -> None:
        """Adds the weights and how often the policy stood still for lack of inputs."""
        state = self.component.state
        status.add("weights", self.component.weights.source)
        status.add("stale steps", int(state.stale[0]))
        status.add("unsound steps", int(state.unsound[0]))
        status.add("idle steps", int(state.idle[0]))
        if self.component.warning:
            status.warn(self.component.warning)
        if state.unsound[0]:
            status.warn("inputs were no finite numbers: the policy stood still")


def main() -> None:
    """Runs the node."""
    run_node(PolicyNode)
