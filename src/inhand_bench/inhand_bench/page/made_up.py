"""A made-up run for `inhand bench page`: the page is fed as by a graph, without one beside it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

import numpy as np

from inhand_console.config import ConsoleConfig
from inhand_console.drawing import FULL, SIMPLE
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_console.snapshot import ControllerHealth, Graph, Latencies, NodeReport, SimHealth, Snapshot, TopicRate
from inhand_core import load_config, load_graph, read_yaml, rotations
from inhand_core.paths import config_file
from inhand_core.signals import (
    EndReason,
    Fingertips,
    Goal,
    HandAction,
    JointStates,
    Markers,
    ObjectPose,
    Trial,
    TrialState,
)
from inhand_description import ACTUATOR_NAMES, HAND_BASE
from inhand_viz.model import joint_names, load_hand, object_shape

MARKERS, FINGERTIPS = 17, 5
ACTUATORS = len(ACTUATOR_NAMES)
SWING_RAD, SWING_M, HEIGHT_M = 0.2, 0.01, 0.05
"""How far joints and places move to and fro; how far above hand_base the places are."""


class MadeUpRun:
    """Everything that can move swings to and fro; no physics, and nothing rests from one update to the next."""

    def __init__(self) -> None:
        spec = load_graph("realtime")
        self._joints = len(joint_names())
        self._nodes = frozenset(component.name for component in spec.components)
        self._rates = {name: TopicRate(entry.rate or 0.0, 0.0) for name, entry in spec.topics.items()}

    def snapshot(self, now: float) -> Snapshot:
        """What the page would see at `now` [s]."""
        swing = np.sin(np.arange(max(self._joints, MARKERS)) + now)
        place = SWING_M * swing[None, :MARKERS, None] + np.array([0.0, 0.0, HEIGHT_M])
        turn = rotations.from_rotation_vector(np.array([[0.0, 0.0, swing[0]]]))
        yes, zero = np.array([True]), np.zeros(1)
        pose = ObjectPose(place[:, 0], turn, yes, zero)
        reports = {name: NodeReport(0, "OK", {}, now) for name in self._nodes}
        return Snapshot(
            joint_states=JointStates(SWING_RAD * (1.0 + swing[None, : self._joints]), *np.zeros((2, 1, self._joints))),
            object_pose=pose,
            true_pose=replace(pose, position=place[:, 1]),
            goal=Goal(np.array([1]), np.array([0]), turn[:, [1, 2, 0, 3]]),
            markers=Markers(place + np.array(HAND_BASE.position), np.ones((1, MARKERS))),
            fingertips=Fingertips(place[:, :FINGERTIPS], np.ones((1, FINGERTIPS), bool), np.zeros((1, FINGERTIPS))),
            trial=Trial(*(np.array([n]) for n in (1, int(now) % 50, TrialState.RUNNING, EndReason.NONE))),
            simulator=SimHealth(1.0 + 0.01 * swing[0], 0, False),
            controller=ControllerHealth("RUNNING", 0, 0, 0, 1e-4 * (1.0 + swing[0])),
            action=HandAction(swing[None, :ACTUATORS], np.full((1, ACTUATORS), -1), np.array([1])),
            graph=Graph(self._nodes, {"policy": "active"}, reports),
            latencies=Latencies((9.0 + swing[0],), (80.0 + swing[1],)),
            rates=self._rates,
        )


def serve(simple: bool = False) -> None:
    """Serves the page of a made-up run until the process ends; prints where. `simple`: drawn simply, else in full."""
    config = load_config(ConsoleConfig, read_yaml(config_file("console")))
    page = ConsolePage(
        replace(config, scene=replace(config.scene, drawing=SIMPLE if simple else FULL)),
        load_hand(),
        joint_names(),
        object_shape("block"),
        load_graph("realtime"),
        read_yaml(config_file("goal"))["tolerance_rad"],
        MadeUpRun().snapshot,
        lambda command, value: None,
        Choices(("made up",), ("none", "all")),
    )
    print(f"page: {page.url}", flush=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    page.close()
