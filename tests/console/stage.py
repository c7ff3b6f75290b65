"""A page that is fed by the rehearsal, with a visitor in a real browser."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image
from rehearsal import Rehearsal
from support.processes import wait_for

from inhand_bench.page.chromium import Chromium
from inhand_console.commands import Command
from inhand_console.config import ConsoleConfig
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.paths import config_file
from inhand_viz.model import joint_names, load_hand, object_shape

PATIENCE_S = 240.0
CONFIG = load_config(ConsoleConfig, read_yaml(config_file("console")))
SCENE = CONFIG.scene
AGAIN_S = 20.0
"""A click that has led to nothing for so long was lost."""


@dataclass
class Stage:
    """A page with its visitor."""

    rehearsal: Rehearsal
    page: ConsolePage
    browser: Chromium
    pressed: list[Command] = field(default_factory=list)
    chosen: dict[Command, str] = field(default_factory=dict)

    @property
    def drawn_simply(self) -> bool:
        """Whether no visitor's scene is drawn in full."""
        return not any(self.page._drawing.full_for(client.client_id) for client in self.page.clients)

    def wait_for_text(self, text: str) -> None:
        wait_for(lambda: text in self.browser.text(), PATIENCE_S, f"{text!r} on the page")

    def press(self, label: str, command: Command) -> None:
        """Clicks, and again where the page has drawn the button anew under the mouse, as a person does."""
        tries = []

        def pressed() -> bool:
            if not tries or time.monotonic() - tries[-1] > AGAIN_S:
                self.browser.click(label)
                tries.append(time.monotonic())
            return command in self.pressed

        wait_for(pressed, PATIENCE_S, lambda: f"a press of {command.name}; {len(tries)} clicks: {self.pressed}")

    def scene(self) -> np.ndarray:
        """The 3D part of a picture, (h, w, 3)."""
        picture = np.asarray(Image.open(io.BytesIO(self.browser.picture())).convert("RGB"), dtype=int)
        return picture[:, : picture.shape[1] * 2 // 3]


@contextmanager
def rehearsed() -> Iterator[Stage]:
    """The page with its visitor, who sees it."""
    rehearsal, pressed, chosen = Rehearsal(), [], {}

    def press(command: Command, value: str) -> None:
        pressed.append(command)
        chosen[command] = value

    page = ConsolePage(
        replace(CONFIG, port=18080),
        load_hand(),
        joint_names(),
        object_shape("block"),
        load_graph("realtime"),
        0.4,
        rehearsal.snapshot,
        press,
        Choices(("weights/block.safetensors",), ("none", "all")),
    )
    try:
        with Chromium() as browser:
            browser.open(page.url)
            stage = Stage(rehearsal, page, browser, pressed, chosen)
            stage.wait_for_text("goals achieved")
            yield stage
    finally:
        page.close()
