"""The time line of a replay: where it is, play and hold, how fast. Knows viser."""

from __future__ import annotations

import viser

from inhand_console.replay import Replay

SPEEDS = ("0.1", "0.25", "0.5", "1", "2", "5")
STEP_S = 0.05


class Timeline:
    """Steers a replay from the page.

    Args:
        server: of the page.
        replay: that is steered.
    """

    def __init__(self, server: viser.ViserServer, replay: Replay) -> None:
        self._replay = replay
        gui = server.gui
        with gui.add_folder("Replay"):
            last = max(replay.duration, STEP_S)
            self._slider = gui.add_slider("time [s]", 0.0, last, STEP_S, initial_value=0.0)
            self._play = gui.add_button("Hold")
            self._speed = gui.add_dropdown("speed", SPEEDS, initial_value="1")
        self._slider.on_update(self._moved)
        self._play.on_click(lambda _: self._toggle())
        self._speed.on_update(lambda _: setattr(replay, "speed", float(self._speed.value)))

    def update(self) -> None:
        """Shows where the replay is."""
        self._slider.value = min(round(self._replay.time / STEP_S) * STEP_S, self._slider.max)
        label = "Hold" if self._replay.playing else "Play"
        if self._play.label != label:
            self._play.label = label

    def _moved(self, event: viser.GuiEvent) -> None:
        if event.client is not None:  # not this page itself
            self._replay.seek(self._slider.value)

    def _toggle(self) -> None:
        if not self._replay.playing and self._replay.time >= self._replay.duration:
            self._replay.seek(0.0)
        self._replay.playing = not self._replay.playing
