"""The tab of the cameras' images with the estimated object over them."""

from __future__ import annotations

import numpy as np
import viser

from inhand_console.overlay import draw
from inhand_console.snapshot import Snapshot
from inhand_description import CAMERAS
from inhand_description.cameras import CAMERA_NAMES
from inhand_viz.object_mesh import ObjectShape

QUALITY = 80
"""Of the JPEG images that the browser gets, 1 … 100."""
MISSING = "no image yet: is this camera's driver or the simulator's camera_node running?"


class CameraImages:
    """Three images, which can be switched off: their topics are read only while they are on.

    Args:
        server: of the page.
        shape: the object whose edges are drawn.
        width: of the images that the browser gets [px].
    """

    def __init__(self, server: viser.ViserServer, shape: ObjectShape, width: int) -> None:
        self._shape, self._width = shape, width
        self._switch = server.gui.add_checkbox("read the cameras", True, hint="Off: the images' topics are not read.")
        self._drawn: dict[str, tuple[object, object]] = {}
        self._views: dict[str, viser.GuiImageHandle] = {}
        self._words: dict[str, viser.GuiHtmlHandle] = {}
        for row, name in zip(CAMERAS, CAMERA_NAMES, strict=True):
            height = round(width * row.resolution[1] / row.resolution[0])
            black = np.zeros((height, width, 3), np.uint8)
            self._words[name] = server.gui.add_html(f"<div style='margin:0 0.75em'>{name}: {MISSING}</div>")
            self._views[name] = server.gui.add_image(black, label=name, jpeg_quality=QUALITY, visible=False)

    @property
    def wanted(self) -> bool:
        """Whether the switch is on."""
        return self._switch.value

    def update(self, snapshot: Snapshot) -> None:
        """Shows the images that are new; a camera without one says so."""
        for name, view in self._views.items():
            image = snapshot.images.get(name)
            there = image is not None
            if view.visible != there:
                view.visible, self._words[name].visible = there, not there
            if there and self._drawn.get(name) != (id(image), id(snapshot.object_pose)):
                view.image = draw(name, snapshot, self._shape, self._width)
                self._drawn[name] = (id(image), id(snapshot.object_pose))
