"""The tab of plots: a signal and joints of one's choice with their values, and latencies; it can be held still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import viser

from inhand_console.plots import History, ScrollingPlot, add_plot, values_table
from inhand_console.snapshot import Latencies, Snapshot
from inhand_control import actuator_position, load_hand_tables, relative_target
from inhand_core.paths import config_file
from inhand_core.signals import HandAction, JointStates
from inhand_description import ACTUATOR_NAMES, JOINTS

ALL = "all"
FINGERS = ("FF", "MF", "RF", "LF", "TH", "WR")
ACTUATED = tuple(name.removeprefix("rh_").removeprefix("A_") for name in ACTUATOR_NAMES)
JOINTED = tuple(joint.name.removeprefix("rh_") for joint in JOINTS)


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


@dataclass(frozen=True)
class Signal:
    """Something that is plotted: its title, a name a curve, the axis, and its values (n,) in a snapshot."""

    title: str
    labels: tuple[str, ...]
    limits: tuple[float, float] | None
    read: Callable[[Snapshot], np.ndarray | None]


def signals() -> dict[str, Signal]:
    """What can be chosen, by name."""
    errors = JointErrors()

    def of_joints(field: str) -> Callable[[Snapshot], np.ndarray | None]:
        return lambda now: None if now.joint_states is None else getattr(now.joint_states, field)[0]

    return {
        "actions": Signal(
            "actions after smoothing, -1 … 1",
            ACTUATED,
            (-1.1, 1.1),  # the ticks at the ends stay whole
            lambda now: None if now.action is None else now.action.action[0],
        ),
        "tracking errors": Signal(
            "tracking errors, target minus angle [rad]",
            ACTUATED,
            None,
            lambda now: errors.update(now.joint_states, now.action),
        ),
        "torques": Signal("torques [N m]", JOINTED, None, of_joints("effort")),
        "angles": Signal("joint angles [rad]", JOINTED, None, of_joints("position")),
        "bins": Signal(
            "the policy's bins, 0 … 10",
            ACTUATED,
            (-0.6, 10.6),
            lambda now: None if now.decision is None or now.decision.bins[0].min() < 0 else now.decision.bins[0],
        ),
    }


class Graphs:
    """Plots that scroll together, `rate` [Hz] times a second.

    viser does not say which tab a visitor has open, so what is sent is bounded instead: by rate and by points.

    Args:
        server: of the page.
        seconds: how far back they show.
        rate: of points [Hz].

    Attributes:
        times: the plot of latencies.
    """

    def __init__(self, server: viser.ViserServer, seconds: float, rate: float) -> None:
        self._server, self._seconds = server, seconds
        self._signals = signals()
        points = round(seconds * rate)
        self._histories = {name: History(len(kind.labels), seconds, points) for name, kind in self._signals.items()}
        self._latencies = np.full(3, np.nan)
        self._worst = np.full(2, np.nan)
        self._period, self._due, self._now = 1.0 / rate, 0.0, 0.0
        gui = server.gui
        self._signal = gui.add_dropdown("signal", tuple(self._signals), hint="What is plotted.")
        self._joint = gui.add_dropdown("joint", self._choices(), hint="Of all joints, one finger, or one joint.")
        self._still = gui.add_checkbox("hold still", False, hint="Stops the plots; a mouse over them shows the values.")
        self._place = gui.add_folder(None)
        self._plot = self._add()
        self._values = gui.add_html("")
        names = ("marker to motor", "policy period", "controller lateness p99")
        self.times = ScrollingPlot(server, "latencies [ms]", names, seconds, points)
        self._signal.on_update(lambda _: self._choose())
        self._joint.on_update(lambda _: self._show())

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
        for name, kind in self._signals.items():
            self._histories[name].add(kind.read(snapshot), now)
        self._latencies[:2] = np.where(np.isnan(self._worst), self._latencies[:2], self._worst)
        self._worst[:] = np.nan
        if snapshot.controller is not None:
            self._latencies[2] = 1e3 * snapshot.controller.lateness_p99
        shown = not self._still.value
        self.times.update(self._latencies.copy(), now, shown)
        if shown:
            self._now = now
            chosen, history = self.chosen, self._histories[self._signal.value]
            self._plot.data = history.data(now, chosen)
            self._values.content = values_table(self._labels(chosen), history.newest[chosen])

    @property
    def chosen(self) -> list[int]:
        """Numbers of the curves that are shown."""
        labels, joint = self._signals[self._signal.value].labels, self._joint.value
        return [i for i, label in enumerate(labels) if joint == ALL or label.startswith(joint)]

    def _labels(self, chosen: list[int]) -> list[str]:
        labels = self._signals[self._signal.value].labels
        return [labels[i] for i in chosen]

    def _choices(self) -> tuple[str, ...]:
        return (ALL, *FINGERS, *self._signals[self._signal.value].labels)

    def _choose(self) -> None:
        """Another signal: the same joints of it, where it has them."""
        joint, choices = self._joint.value, self._choices()
        self._joint.options = choices
        self._joint.value = joint if joint in choices else ALL
        self._show()

    def _show(self) -> None:
        """The curves that are chosen in the old ones' place."""
        before, self._plot = self._plot, self._add()
        before.remove()
        history = self._histories[self._signal.value]
        self._values.content = values_table(self._labels(self.chosen), history.newest[self.chosen])

    def _add(self) -> viser.GuiUplotHandle:
        kind, chosen = self._signals[self._signal.value], self.chosen
        data = self._histories[self._signal.value].data(self._now, chosen)
        with self._place:
            return add_plot(self._server, kind.title, self._labels(chosen), data, self._seconds, kind.limits)
