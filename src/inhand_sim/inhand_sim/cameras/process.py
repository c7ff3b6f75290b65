"""A process that renders one camera: orders come through a pipe, images go out through shared memory.

Usage: python -m inhand_sim.cameras.process <pipe> <memory>, two inherited descriptors. It ends with its parent, however
that ends.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.random import row_seeds
from inhand_sim.cameras.appearance import Appearances, Looks, nominal_looks
from inhand_sim.cameras.renderer import Renderer, RendererError, make_renderer
from inhand_sim.cameras.settings import CamerasConfig

CALIBRATED = -1
"""Number of the looks that the description has."""


@dataclass(frozen=True)
class Order:
    """What to render.

    Attributes:
        object: its name, or the path of its file.
        qpos: (31,), see `Renderer.render`.
        object_scale: size of the object relative to nominal.
        looks: `CALIBRATED`, or the number of a draw.
    """

    object: str
    qpos: np.ndarray
    object_scale: float = 1.0
    looks: int = CALIBRATED


def drawn_looks(seed: int, number: int) -> Looks:
    """The looks `number` of the run with `seed`, with leading axis 1; cameras stay where they are calibrated.

    Where a running camera is and what it sees is on /tf_static and camera_info: an image of another one would be wrong.
    """
    calibrated = nominal_looks()
    if number == CALIBRATED:
        return calibrated
    cameras = {name: getattr(calibrated, name) for name in ("camera_offset", "camera_turn", "camera_fovy")}
    return replace(Appearances(row_seeds(seed, 1, first=number)).draw(), **cameras)


class Artist:
    """Carries out orders, with a renderer that is made at the first one, and again for another object.

    Args:
        camera: the camera to render.
        config: settings.
        seed: of the draws.
    """

    def __init__(self, camera: str, config: CamerasConfig, seed: int) -> None:
        self._camera, self._config, self._seed = camera, config, seed
        self._object, self._looks = "", CALIBRATED
        self._renderer: Renderer | None = None

    def render(self, order: Order) -> np.ndarray:
        """The image (H, W, 3) uint8 RGB.

        Raises:
            RendererError, ConfigError: this machine cannot, or there is no such object.
        """
        if self._renderer is None or order.object != self._object:
            self.close()
            self._renderer = make_renderer(object=order.object, config=self._config)
            self._object, self._looks = order.object, CALIBRATED
        if order.looks != self._looks:
            self._renderer.set_looks(drawn_looks(self._seed, order.looks))
            self._looks = order.looks
        return self._renderer.render(order.qpos, [self._camera], order.object_scale)[0]

    def close(self) -> None:
        """Frees the renderer."""
        if self._renderer is not None:
            self._renderer.close()


def serve(pipe: Connection, memory: int) -> None:
    """Answers each order with the seconds that it took, or with why it cannot be carried out, until the pipe ends."""
    camera, config, seed = pipe.recv()
    artist = Artist(camera, config, seed)
    with mmap.mmap(memory, 0) as shared, contextlib.closing(artist):
        while True:
            order, start = pipe.recv(), time.monotonic()
            try:
                image = artist.render(order)
            except (RendererError, ConfigError) as error:
                pipe.send(str(error))
                return
            shared[:] = image.data.cast("B")
            pipe.send(time.monotonic() - start)


def main() -> None:
    """Serves the descriptors of the command line."""
    pipe, memory = (int(word) for word in sys.argv[1:3])
    os.dup2(2, 1)  # graphics libraries print
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(Connection(pipe), memory)


if __name__ == "__main__":
    main()
