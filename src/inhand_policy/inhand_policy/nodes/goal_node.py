"""Node of the goals: /object/pose in; /goal and /trial out, latched; services trial/start, stop, new_goal, set_goal.

A device that reports an error on /diagnostics, or falls silent there, interrupts the trial until it is back. So does a
machine too slow for a real hand's deadlines; a simulated hand has none: it is slow then, and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from std_srvs.srv import Trigger

from inhand_core.signals import Signal, TrialState
from inhand_interfaces.srv import SetObjectPose
from inhand_ros import ComponentNode, Diagnostics, run_node
from inhand_ros.deadline_watch import DeadlineWatch
from inhand_ros.device_watch import DeviceWatch

FRAME = "hand_base"
UNIT = 1e-2
"""A quaternion whose length is off by more is no rotation that somebody meant."""


class GoalNode(ComponentNode):
    """Steps the goal generator every 80 ms; poses that stop coming count as an object lost."""

    def __init__(self) -> None:
        super().__init__("goal")
        self._devices = None if self.lockstep else DeviceWatch(self)
        self._deadlines = None if self.lockstep else DeadlineWatch(self)
        self.create_service(Trigger, "trial/start", self._on_start)
        self.create_service(Trigger, "trial/stop", self._on_stop)
        self.create_service(Trigger, "trial/new_goal", self._on_new_goal)
        self.create_service(SetObjectPose, "trial/set_goal", self._on_set_goal)

    def take_runner(self, runner: Any) -> None:
        """Keeps what runs: no link touches the goals, and the trials' numbers go on."""
        if self.runner is None:
            super().take_runner(runner)

    def before_step(self, inputs: dict[str, Signal], time_ns: int) -> dict[str, Signal]:
        """Tells the component of missing devices first."""
        if self._devices is not None:
            self.component.interrupt(bool(self._devices.missing()), self._overloaded())
        return inputs

    def _on_start(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = not self._running()
        if response.success:
            self.component.request_start()
            response.message = "the next trial starts at the next step"
            if self.component.config.require_object:
                response.message += " at which the object is seen on the palm"
        else:
            response.message = f"trial {self._trial_id()} is running; stop it first"
        return response

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._running() or bool(self.component.state.start_requested[0])
        response.message = f"trial {self._trial_id()} ends" if self._running() else "no trial will start"
        if not response.success:
            response.message = "no trial is running"
        self.component.request_stop()
        return response

    def _on_new_goal(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._running()
        response.message = "another goal at the next step" if response.success else "no trial is running"
        self.component.request_goal()
        return response

    def _on_set_goal(self, request: SetObjectPose.Request, response: SetObjectPose.Response) -> SetObjectPose.Response:
        """The orientation at which the object is to lie; the position asked for means nothing."""
        turn, frame = request.pose.pose.orientation, request.pose.header.frame_id
        wanted = np.array([turn.x, turn.y, turn.z, turn.w])
        length = np.linalg.norm(wanted)
        response.success = False
        if frame != FRAME:
            response.message = f"a goal is given in {FRAME!r}, not in {frame!r}"
        elif not abs(length - 1.0) < UNIT:
            response.message = f"the orientation is no unit quaternion: its length is {length:.3g}"
        elif not self._running():
            response.message = "no trial is running"
        else:
            self.component.request_goal(orientation=wanted)
            response.success, response.message = True, "the goal at the next step"
        return response

    def _overloaded(self) -> bool:
        return self._deadlines is not None and self._deadlines.overloaded()

    def _running(self) -> bool:
        return bool(self.component.state.status[0] == TrialState.RUNNING)

    def _trial_id(self) -> int:
        return int(self.component.state.trial_id[0])

    def report(self, status: Diagnostics) -> None:
        """Adds the trial's progress."""
        state = self.component.state
        status.add("trial", self._trial_id())
        status.add("state", TrialState(int(state.status[0])).name)
        status.add("goals achieved", int(state.goals_achieved[0]))
        if self._devices is not None:
            status.add("devices missing", ", ".join(self._devices.missing()) or "none")
        if self._overloaded():
            status.warn("the machine is too slow for the hand's deadlines: no trial runs")
        status.add("distance [rad]", round(float(self.component.distance[0]), 3))


def main() -> None:
    """Runs the node."""
    run_node(GoalNode)
