"""The web page: one server, one thread that draws the newest snapshot while somebody looks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence

import rich
import viser

from inhand_console.commands import Command, CommandHandler, Outcome
from inhand_console.config import ConsoleConfig
from inhand_console.drawing import Drawing
from inhand_console.guard import Guard, guarding, token_for
from inhand_console.panel import Choices, Panel
from inhand_console.replay import Replay
from inhand_console.scene import Scene, fit_view
from inhand_console.snapshot import Snapshot
from inhand_console.status import object_faces
from inhand_console.web import Overlay, to_json
from inhand_core import GraphSpec
from inhand_viz.config import load_viz_config
from inhand_viz.object_mesh import ObjectShape
from inhand_viz.urdf_tree import UrdfTree

IDLE_PERIOD_S = 0.25
"""How often the drawing thread looks for visitors while there are none."""


class ConsolePage:
    """Serves the page and keeps it up to date; no ROS.

    Attributes:
        newest: the snapshot drawn last.

    Args:
        config: of the page.
        tree: the hand.
        joint_names: order of the joint angles.
        shape: the object.
        spec: the graph whose topics are watched.
        tolerance: a goal is achieved below this rotation distance [rad].
        take: gives the newest snapshot for a time of `time.monotonic()`; called by the drawing thread only.
        on_command: called at each press of a button.
        choices: of weights and randomisation.
        replay: the recording that `take` plays, for its time line; None: what is shown happens now.

    On another address than this machine's own the page asks for a token, which `url` carries (guard.py).
    """

    def __init__(
        self,
        config: ConsoleConfig,
        tree: UrdfTree,
        joint_names: Sequence[str],
        shape: ObjectShape,
        spec: GraphSpec,
        tolerance: float,
        take: Callable[[float], Snapshot],
        on_command: CommandHandler,
        choices: Choices,
        replay: Replay | None = None,
    ) -> None:
        self._config, self._take = config, take
        self._token = token_for(config.host)
        rich.get_console().quiet = True  # viser's banner; whoever serves the page says where it is
        self._overlay = Overlay(to_json(object_faces(shape)), lambda: on_command(Command.STOP, ""))
        with guarding(Guard(self._token), self._overlay):
            self._server = viser.ViserServer(host=config.host, port=config.port, verbose=False)
        self.newest = Snapshot()
        self._scene = Scene(self._server, config.scene, load_viz_config().looks, tree, joint_names, shape)
        self._drawing = Drawing(self._server, config.scene, self._scene.hand)
        self._server.on_client_connect(lambda client: fit_view(client, config.scene))
        self._panel = Panel(self._server, config, spec, tolerance, shape, choices, on_command, replay)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="page", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the page is; with the token where one is asked for. For its user's eyes: others read logs."""
        return self.place if self._token is None else f"{self.place}/?token={self._token}"

    @property
    def place(self) -> str:
        """Where the page is, without a token."""
        host = socket.gethostname() if self._config.host in ("0.0.0.0", "::") else self._config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.get_port()}"

    @property
    def images_wanted(self) -> bool:
        """Whether somebody asks for the cameras' images."""
        return self._panel.images_wanted

    @property
    def renderers(self) -> list[str]:
        """What draws in the visitors' browsers, as far as they have said."""
        return list(self._drawing.renderers.values())

    @property
    def clients(self) -> list[viser.ClientHandle]:
        """The visitors, as viser knows them."""
        return list(self._server.get_clients().values())

    @property
    def watched(self) -> bool:
        """Whether a browser is connected."""
        return bool(self._server.get_clients())

    @property
    def alive(self) -> bool:
        """False once drawing has failed; the error is on stderr."""
        return self._thread.is_alive()

    def report(self, outcome: Outcome) -> None:
        """Shows how a command ended; from any thread."""
        self._panel.report(outcome)

    def close(self) -> None:
        """Stops drawing and serving."""
        self._closing.set()
        self._thread.join(timeout=5.0)
        self._server.stop()

    def _draw(self) -> None:
        panel_due = 0.0
        while not self._closing.is_set():
            started = time.monotonic()
            snapshot = self.newest = self._take(started)
            self._panel.note(snapshot)
            if not self.watched:
                self._closing.wait(IDLE_PERIOD_S)
                continue
            self._drawing.update(self._server.get_clients(), self._panel.drawing)
            with self._server.atomic():
                self._scene.axes.shown = self._panel.axes_wanted
                self._scene.update(snapshot)
                if started >= panel_due:
                    self._panel.update(snapshot, started)
                    self._overlay.status = to_json(self._panel.state(snapshot, started))
                    panel_due = started + 1.0 / self._config.panel_hz
            self._closing.wait(max(0.0, 1.0 / self._config.scene_hz - (time.monotonic() - started)))
