"""The panel beside the scene: tabs of buttons and figures, plots, images, health. Knows viser, no ROS."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import viser

from inhand_console import html
from inhand_console.choosing import Chooser
from inhand_console.commands import LABELS, Command, CommandHandler, Outcome, in_buttons
from inhand_console.config import ConsoleConfig
from inhand_console.drawing import WAYS
from inhand_console.goal_by_hand import GoalByHand
from inhand_console.graphs import Graphs
from inhand_console.health import Finding, judge
from inhand_console.images import CameraImages
from inhand_console.jogging import Jogging
from inhand_console.node_health import judge_nodes
from inhand_console.plots import ScrollingPlot
from inhand_console.replay import Replay
from inhand_console.snapshot import InUse, Snapshot
from inhand_console.status import OUTCOME_S, state
from inhand_console.timeline import Timeline
from inhand_console.trial_log import TrialLog
from inhand_core import GraphSpec, rotations
from inhand_viz.object_mesh import ObjectShape


def goal_distance(snapshot: Snapshot) -> float | None:
    """Rotation distance [rad] from the estimated orientation to the goal; None while one of them is missing."""
    if snapshot.object_pose is None or snapshot.goal is None:
        return None
    distance = float(rotations.distance(snapshot.goal.orientation, snapshot.object_pose.orientation)[0])
    return distance if np.isfinite(distance) else None


def common_groups(in_use: InUse) -> str | None:
    """The groups of randomisation that all nodes use; None while that is unknown, or they differ."""
    groups = set(in_use.randomization.values())
    return groups.pop() if len(groups) == 1 else None


@dataclass(frozen=True)
class Choices:
    """What a person can choose from: weights files and groups of randomisation, as the nodes name them."""

    weights: tuple[str, ...]
    randomization: tuple[str, ...]


class Panel:
    """Buttons and figures.

    Args:
        server: of the page.
        config: of the page.
        spec: the graph whose topics are watched.
        tolerance: a goal is achieved below this rotation distance [rad].
        shape: the object, for its wire-frame.
        choices: of weights and randomisation.
        on_command: called at each press.
        replay: a recording that is shown in the graph's place; nothing in it can be pressed.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        config: ConsoleConfig,
        spec: GraphSpec,
        tolerance: float,
        shape: ObjectShape,
        choices: Choices,
        on_command: CommandHandler,
        replay: Replay | None = None,
    ) -> None:
        self._server, self._config, self._spec, self._tolerance = server, config, spec, tolerance
        self._on_command, self._log = on_command, TrialLog()
        self._findings: list[Finding] = []
        self._last: Outcome | None = None
        self._last_until = 0.0
        gui = server.gui
        gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, control_width="large")
        gui.set_panel_label("in-hand console")
        gui.main_panel.dock_right()
        self._timeline = None if replay is None else Timeline(server, replay)
        self._outcome = gui.add_html("")
        tabs = gui.add_tab_group()
        points = round(config.plot_seconds * config.panel_hz)
        with tabs.add_tab("Run"):
            self._add_trial(points, shape)
            if replay is None:
                self._add_buttons()
                self._add_recording()
                self._add_choices(choices)
            self._axes = gui.add_checkbox(
                "show the frames", config.scene.frames, hint="Axes of x (red), y (green), z (blue)."
            )
            self._drawing = gui.add_dropdown(
                "drawing",
                WAYS,
                initial_value=config.scene.drawing,
                hint="Of all visitors. Automatic: simply, without shadows, in browsers that have no GPU.",
            )
            gui.add_html(html.legend())
        with tabs.add_tab("Plots"):
            self._graphs = Graphs(server, config.plot_seconds, config.plots_hz)
        with tabs.add_tab("Cameras"):
            self._images = CameraImages(server, shape, config.image_width)
        with tabs.add_tab("Health"):
            self._health = gui.add_html("")
        with tabs.add_tab("History"):
            export = gui.add_button("Export as CSV", hint="All trials that this page has seen.")
            export.on_click(self._export)
            self._history = gui.add_html("")

    @property
    def images_wanted(self) -> bool:
        """Whether somebody asks for the cameras' images."""
        return self._images.wanted

    @property
    def axes_wanted(self) -> bool:
        """Whether the frames' axes are to be drawn."""
        return self._axes.value

    @property
    def drawing(self) -> str:
        """The way in which the scene is to be drawn, one of `drawing.WAYS`."""
        return self._drawing.value

    def state(self, snapshot: Snapshot, now: float) -> dict[str, object]:
        """What the overlay shows of a snapshot taken at `now` [s, a steady clock]."""
        recent = self._last if now < self._last_until else None
        return state(snapshot, self._findings, goal_distance(snapshot), self._tolerance, recent)

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Shows the figures of a snapshot taken at `now` [s, a steady clock]."""
        distance = goal_distance(snapshot)
        paused = snapshot.simulator is not None and snapshot.simulator.paused
        findings = judge_nodes(snapshot, self._spec, self._config.health, now)
        topics = judge(snapshot, self._spec, self._config.health)
        self._findings = [*findings, *topics]
        _set(self._figures, html.trial_figures(snapshot.trial, distance, self._tolerance))
        _set(self._health, html.health_table(findings, "Nodes") + html.health_table(topics, "Topics"))
        _set(self._history, html.trial_history(self._log, self._config.trials_shown))
        if not paused:
            self._distance.update(None if distance is None else (distance, self._tolerance), now)
            self._graphs.update(snapshot, now)
        self._images.update(snapshot)
        if self._timeline is not None:
            self._timeline.update()
            return
        self._by_hand.update(snapshot)
        _set(self._recording, html.recording(snapshot.graph.reports.get("recorder")))
        self._weights.follow(snapshot.in_use.weights)
        self._groups.follow(common_groups(snapshot.in_use))
        _set(self._using, html.in_use(snapshot.in_use))

    def note(self, snapshot: Snapshot) -> None:
        """Takes of every snapshot what must not be missed: trials, also while nobody looks, and latencies."""
        self._graphs.note(snapshot.latencies)
        if snapshot.trial is not None:
            recorder = snapshot.graph.reports.get("recorder")
            recording = recorder is not None and recorder.values.get("recording") == "recording"
            self._log.update(snapshot.trial, time.time(), recorder.values.get("take", "") if recording else "")

    def report(self, outcome: Outcome) -> None:
        """Shows how a command ended, in the words of the buttons; a failure also as a notification on every screen."""
        outcome = replace(outcome, message=in_buttons(outcome.message))
        _set(self._outcome, html.outcome_line(outcome))
        self._last, self._last_until = outcome, time.monotonic() + OUTCOME_S
        if outcome.success:
            return
        for client in self._server.get_clients().values():
            client.add_notification(f"Could not {outcome.command.value}", outcome.message, color="red")

    def _export(self, event: viser.GuiEvent) -> None:
        if event.client is not None:
            event.client.send_file_download("trials.csv", self._log.csv().encode(), save_immediately=True)

    def _add_trial(self, points: int, shape: ObjectShape) -> None:
        gui = self._server.gui
        with gui.add_folder("Trial"):
            self._figures = gui.add_html("")
            labels = ("distance to the goal [rad]", "tolerance")
            limits = (0.0, 1.1 * float(np.pi))  # the tick at 3 stays whole
            self._distance = ScrollingPlot(self._server, "", labels, self._config.plot_seconds, points, limits)
            if self._timeline is None:
                self._buttons(Command.START_TRIAL, Command.STOP_TRIAL, Command.NEW_GOAL)
                self._by_hand = GoalByHand(self._server, shape, lambda value: self._on_command(Command.SET_GOAL, value))

    def _add_buttons(self) -> None:
        gui = self._server.gui
        with gui.add_folder("Hand"):
            self._buttons(Command.CLEAR, Command.ENABLE)
            Jogging(self._server, lambda value: self._on_command(Command.JOG, value))
        with gui.add_folder("Simulation"):
            self._buttons(Command.PAUSE, Command.RESUME, Command.STEP, Command.RESET)
            self._buttons(Command.PUSH)

    def _add_recording(self) -> None:
        gui = self._server.gui
        with gui.add_folder("Recording"):
            self._recording = gui.add_html("")
            self._buttons(Command.RECORD, Command.END_RECORDING)
            self._buttons(Command.KEEP, Command.DISCARD)

    def _add_choices(self, choices: Choices) -> None:
        gui, use = self._server.gui, self._on_command
        with gui.add_folder("Policy and randomisation, while no trial runs"):
            self._using = gui.add_html("")
            self._weights = Chooser(
                self._server, "weights", choices.weights, lambda value: use(Command.USE_WEIGHTS, value)
            )
            self._groups = Chooser(
                self._server, "groups", choices.randomization, lambda value: use(Command.USE_RANDOMIZATION, value)
            )

    def _buttons(self, *commands: Command) -> None:
        pressed = {LABELS[command]: command for command in commands}
        group = self._server.gui.add_button_group("", tuple(pressed))
        group.on_click(lambda event: self._on_command(pressed[event.target.value], ""))


def _set(handle: viser.GuiHtmlHandle, content: str) -> None:
    if handle.content != content:
        handle.content = content
