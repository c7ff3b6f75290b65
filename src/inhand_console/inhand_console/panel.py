"""The panel beside the scene: stop button, figures, plot, health. Fed with snapshots; knows viser, no ROS."""

from __future__ import annotations

from collections import deque

import numpy as np
import viser

from inhand_console import html
from inhand_console.commands import Command, CommandHandler, Outcome
from inhand_console.config import ConsoleConfig
from inhand_console.health import judge
from inhand_console.snapshot import Snapshot
from inhand_console.trial_log import TrialLog
from inhand_core import GraphSpec, rotations


def goal_distance(snapshot: Snapshot) -> float | None:
    """Rotation distance [rad] from the estimated orientation to the goal; None while one of them is missing."""
    if snapshot.object_pose is None or snapshot.goal is None:
        return None
    distance = float(rotations.distance(snapshot.goal.orientation, snapshot.object_pose.orientation)[0])
    return distance if np.isfinite(distance) else None


class DistancePlot:
    """Rotation distance to the goal over the last seconds, with the tolerance as a line."""

    def __init__(self, server: viser.ViserServer, seconds: float, points: int, tolerance: float) -> None:
        self._seconds, self._tolerance = seconds, tolerance
        self._points: deque[tuple[float, float]] = deque(maxlen=points)
        self._plot = server.gui.add_uplot(
            data=self._data(0.0),
            series=(
                {},
                {"label": "distance to the goal [rad]", "stroke": "#3498db", "width": 2},
                {"label": "tolerance", "stroke": "#2ecc71", "width": 1},
            ),
            scales={"x": {"time": False, "range": (-seconds, 0.0)}, "y": {"range": (0.0, np.pi)}},
            axes=({"label": "seconds"}, {}),
            aspect=2.0,
        )

    def update(self, distance: float | None, now: float) -> None:
        """Adds a point at `now` [s] and redraws; without a distance the plot only scrolls."""
        if distance is not None:
            self._points.append((now, distance))
        self._plot.data = self._data(now)

    def _data(self, now: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kept = [(time - now, distance) for time, distance in self._points if time >= now - self._seconds]
        points = np.array(kept or [(-self._seconds, 0.0), (0.0, 0.0)])
        return points[:, 0].copy(), points[:, 1].copy(), np.full(len(points), self._tolerance)


class Panel:
    """Buttons and figures.

    Args:
        server: of the page.
        config: of the page.
        spec: the graph whose topics are watched.
        tolerance: a goal is achieved below this rotation distance [rad].
        on_command: called at each press.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        config: ConsoleConfig,
        spec: GraphSpec,
        tolerance: float,
        on_command: CommandHandler,
    ) -> None:
        self._server, self._config, self._spec, self._tolerance = server, config, spec, tolerance
        self._on_command = on_command
        self._log = TrialLog()
        gui = server.gui
        gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, control_width="large")
        gui.set_panel_label("in-hand console")
        gui.main_panel.dock_right()
        stop = gui.add_button(
            "STOP", color="red", hint="Stops the hand at once; it stays stopped until cleared and enabled."
        )
        stop.on_click(lambda _: on_command(Command.STOP))
        self._banner = gui.add_html("")
        self._outcome = gui.add_html("")
        with gui.add_folder("Trial"):
            self._figures = gui.add_html("")
            points = round(config.plot_seconds * config.panel_hz)
            self._plot = DistancePlot(server, config.plot_seconds, points, tolerance)
            self._buttons({"Start trial": Command.START_TRIAL, "Stop trial": Command.STOP_TRIAL})
        with gui.add_folder("Hand"):
            self._buttons({"Clear the stop": Command.CLEAR, "Enable": Command.ENABLE})
        with gui.add_folder("Simulation"):
            self._buttons(
                {"Pause": Command.PAUSE, "Resume": Command.RESUME, "Step": Command.STEP, "Reset": Command.RESET}
            )
        with gui.add_folder("Health"):
            self._health = gui.add_html("")
        with gui.add_folder("Trials so far", expand_by_default=False):
            self._history = gui.add_html("")
        gui.add_html(html.legend())

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Shows the figures of a snapshot taken at `now` [s, a steady clock]."""
        distance = goal_distance(snapshot)
        if snapshot.trial is not None:
            self._log.update(snapshot.trial)
        paused = snapshot.simulator is not None and snapshot.simulator.paused
        _set(self._banner, html.banner(snapshot.controller, snapshot.simulator))
        _set(self._figures, html.trial_figures(snapshot.trial, distance, self._tolerance))
        _set(self._health, html.health_table(judge(snapshot, self._spec, self._config.health)))
        _set(self._history, html.trial_history(self._log, self._config.trials_shown))
        self._plot.update(None if paused else distance, now)

    def note(self, snapshot: Snapshot) -> None:
        """Keeps the trial history going while nobody looks."""
        if snapshot.trial is not None:
            self._log.update(snapshot.trial)

    def report(self, outcome: Outcome) -> None:
        """Shows how a command ended; a failure also as a notification on every screen."""
        _set(self._outcome, html.outcome_line(outcome))
        if outcome.success:
            return
        for client in self._server.get_clients().values():
            client.add_notification(f"Could not {outcome.command.value}", outcome.message, color="red")

    def _buttons(self, commands: dict[str, Command]) -> None:
        group = self._server.gui.add_button_group("", tuple(commands))
        group.on_click(lambda event: self._on_command(commands[event.target.value]))


def _set(handle: viser.GuiHtmlHandle, content: str) -> None:
    if handle.content != content:
        handle.content = content
