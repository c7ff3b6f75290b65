"""A hand that plays with a block, without ROS or policy: MuJoCo moves, the page is fed with what it would receive."""

from __future__ import annotations

import os
from dataclasses import replace

os.environ.setdefault("MUJOCO_GL", "egl")  # before MuJoCo is imported: there is no screen

import mujoco
import numpy as np

from inhand_console.snapshot import ControllerHealth, Graph, Inbox, Latencies, NodeReport, SimHealth, Snapshot
from inhand_core import load_graph, rotations
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
from inhand_description import CAMERAS, FINGERS, HAND_BASE, ModelConfig, actuator_ranges, build_model

NOISE_M, NOISE_RAD = 0.002, 0.05
STATUS_HZ = 25.0
IMAGE_PERIOD_S = 20.0
LOST = (1, 16)
"""Markers that are never seen: on the middle finger and on the block."""


class Rehearsal:
    """Fingers wave slowly, the block lies on the palm; `snapshot(now)` plays the part of the graph."""

    def __init__(self) -> None:
        self._model = build_model(ModelConfig(visuals=True))
        self._data = mujoco.MjData(self._model)
        self._random = np.random.default_rng(0)
        self._noise = np.zeros(3), np.zeros(3)
        self._ranges = actuator_ranges()
        self._action = np.zeros(len(self._ranges))
        self._started: float | None = None
        self._spec = load_graph("realtime")
        self._sent: dict[str, int] = {}
        self.inbox = Inbox()
        self._drawn = -IMAGE_PERIOD_S
        self.mode, self.paused, self.frozen = "RUNNING", False, False
        self.images = True
        self._trial = 1, TrialState.RUNNING, EndReason.NONE
        self.graph = Graph(frozenset(component.name for component in self._spec.components), {"policy": "active"})

    def snapshot(self, now: float) -> Snapshot:
        """Advances to `now` [s] and gives what the page would see."""
        self._started = now if self._started is None else self._started
        while self._data.time < now - self._started and not (self.paused or self.frozen):
            middle, half = self._ranges.mean(axis=1), 0.5 * np.diff(self._ranges, axis=1)[:, 0]
            phase = np.arange(len(middle)) + self._data.time
            self._action = 0.25 * np.sin(phase)
            self._data.ctrl[:] = middle + half * self._action
            mujoco.mj_step(self._model, self._data)
        signals = {**dict.fromkeys(self._spec.topics), **self._signals()}
        present = self.graph.present or ()
        signals = {topic: s for topic, s in signals.items() if self._spec.producers.get(topic, "sim") in present}
        for topic, signal in signals.items():
            entry = self._spec.topics.get(topic)
            due = int((now - self._started) * (entry.rate if entry else STATUS_HZ)) + 1
            for _ in range(due - self._sent.get(topic, 0)):
                self.inbox.put(topic, signal, now)
            self._sent[topic] = due
        self._put_images(now)
        reports = {name: NodeReport(0, "OK", {}, now) for name in self.graph.present or ()}
        self.inbox.note(
            graph=replace(self.graph, reports={**reports, **self.graph.reports}),
            latencies=Latencies((9.5 + self._random.normal(),), (80.0 + self._random.normal(),)),
        )
        return self.inbox.snapshot(now)

    def end_trial(self) -> None:
        """The block is dropped."""
        self._trial = self._trial[0], TrialState.ENDED, EndReason.DROPPED

    def _put_images(self, now: float) -> None:
        if not self.images or self.frozen or now - self._drawn < IMAGE_PERIOD_S:
            return
        self._drawn = now
        with mujoco.Renderer(self._model, 480, 640) as renderer:
            for camera in CAMERAS:
                renderer.update_scene(self._data, camera=camera.name)
                self.inbox.put(f"camera_{camera.name}/image_raw", renderer.render().copy(), now)

    def _bins(self) -> np.ndarray:
        return np.clip(np.round(5.0 + 5.0 * self._action), 0, 10).astype(int)[None]

    def _signals(self) -> dict[str, object]:
        q = self._data.qpos
        base, turn = np.array(HAND_BASE.position), np.array(HAND_BASE.orientation)
        undo = rotations.conjugate(turn)
        position = rotations.rotate(undo, q[24:27] - base)
        orientation = rotations.multiply(undo, rotations.wxyz_to_xyzw(q[27:31]))
        if not self.paused:  # what has no new time has no new measurement either
            self._noise = self._random.normal(0.0, NOISE_RAD, 3), self._random.normal(0.0, NOISE_M, 3)
        wobble = rotations.from_rotation_vector(self._noise[0])
        guess = position + self._noise[1]
        tips = np.array([self._data.site(f"rh_{finger}tip").xpos for finger in FINGERS])
        places = np.array([self._data.site(f"marker_{i}").xpos for i in range(17)])
        condition = np.where(np.isin(np.arange(17), LOST), -1.0, 1.0)
        yes, zero = np.array([True]), np.zeros(1)
        effort = self._data.qfrc_actuator[:24].copy()
        return {
            "joint_states": JointStates(q[None, :24].copy(), self._data.qvel[None, :24].copy(), effort[None]),
            "object/pose": ObjectPose(guess[None], rotations.multiply(wobble, orientation)[None], yes, zero),
            "sim/object_pose": ObjectPose(position[None], orientation[None], yes, zero),
            "goal": Goal(np.array([1]), np.array([0]), np.array([[0.5, 0.5, -0.5, 0.5]])),
            "mocap/markers": Markers(places[None], condition[None]),
            "fingertips": Fingertips(
                rotations.rotate(undo, tips - base)[None], np.ones((1, 5), bool), np.zeros((1, 5))
            ),
            "trial": Trial(*(np.array([n]) for n in (self._trial[0], 0, *self._trial[1:]))),
            "policy/action": HandAction(self._action[None].copy(), self._bins(), np.array([1])),
            "controller/status": ControllerHealth(self.mode, 0, 0, 0, 58e-6),
            "hand/action": HandAction(self._action[None].copy(), np.full((1, 20), -1), np.array([1])),
            "sim/status": SimHealth(0.0 if self.paused else 1.0, 0, self.paused),
        }
