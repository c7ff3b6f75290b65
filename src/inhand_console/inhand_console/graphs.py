"""The tab of plots: rotation distance, actions, joint errors, latencies."""

from __future__ import annotations

import numpy as np
import viser

from inhand_console.plots import ScrollingPlot
from inhand_console.snapshot import Latencies, Snapshot
from inhand_control import actuator_position, load_hand_tables, relative_target
from inhand_core.paths import config_file
from inhand_core.signals import HandAction, JointStates
from inhand_description import ACTUATOR_NAMES


class JointErrors:
    """How far the joints are from where the last action sends them.

    The controller publishes no targets; they follow from the action and the joints at its arrival by the controller's
    own function (paper, appendix B.4).
    """

    def __init__(self) -> None:
        self._hand = load_hand_tables(config_file("hand"))
        self._action: HandAction | None = None
        self._target: np.ndarray | None = None

    def update(self, joints: JointStates | None, action: HandAction | None) -> np.ndarray | None:
        """(20,) target minus angle of the actuated coordinates [rad]; None before the first action."""
        if joints is None or action is None:
            return None
        if action is not self._action:
            self._action = action
            self._target = relative_target(self._hand, action.action, joints.position)
        return (self._target - actuator_position(self._hand, joints.position))[0]


class Graphs:
    """Three plots that scroll together, `rate` [Hz] times a second.

    viser does not say which tab a visitor has open, so what is sent is bounded instead: by rate and by points.

    Args:
        server: of the page.
        seconds: how far back they show.
        rate: of points [Hz].

    Attributes:
        times: the plot of latencies.
    """

    def __init__(self, server: viser.ViserServer, seconds: float, rate: float) -> None:
        self._errors = JointErrors()
        self._latencies = np.full(3, np.nan)
        self._worst = np.full(2, np.nan)
        self._period, self._due = 1.0 / rate, 0.0
        points = round(seconds * rate)
        labels = [name.removeprefix("rh_A_") for name in ACTUATOR_NAMES]
        self._actions = ScrollingPlot(
            server, "actions after smoothing, in [-1, 1]", labels, seconds, points, (-1.0, 1.0), legend=False
        )
        self._joints = ScrollingPlot(server, "joint errors, target minus angle [rad]", labels, seconds, points)
        names = ("marker to motor [ms]", "policy period [ms]", "controller lateness p99 [ms]")
        self.times = ScrollingPlot(server, "latencies [ms]", names, seconds, points)

    def note(self, latencies: Latencies) -> None:
        """Takes the latencies of a snapshot, so that the worst between two points is seen."""
        for i, values in enumerate((latencies.marker_to_motor, latencies.policy_period)):
            if values:
                self._worst[i] = np.fmax(self._worst[i], max(values))

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Adds a point a curve at `now` [s] where one is due; what has no new value keeps its last."""
        if now < self._due:
            return
        self._due = now + self._period
        action = None if snapshot.action is None else snapshot.action.action[0]
        self._actions.update(action, now)
        self._joints.update(self._errors.update(snapshot.joint_states, snapshot.action), now)
        self._latencies[:2] = np.where(np.isnan(self._worst), self._latencies[:2], self._worst)
        self._worst[:] = np.nan
        if snapshot.controller is not None:
            self._latencies[2] = 1e3 * snapshot.controller.lateness_p99
        self.times.update(self._latencies.copy(), now)
