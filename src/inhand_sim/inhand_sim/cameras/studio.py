"""Renders several cameras at once, each in a process of its own that is there only while it is wanted."""

from __future__ import annotations

import contextlib
import mmap
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from multiprocessing.connection import Pipe, wait

import numpy as np

from inhand_description import CAMERAS
from inhand_sim.cameras.process import Order
from inhand_sim.cameras.settings import CamerasConfig

PATIENCE_S = 1.0
"""An image that has not come after this long is not waited for any more, and left out when it comes."""
LINGER_S = 30.0
"""A process stays for this long after its camera was last wanted."""
RESTART_S = 2.0
"""A process that has died is started again no sooner than this after its last start."""
_PROGRAM = (sys.executable, "-m", "inhand_sim.cameras.process")


class CameraProcess:
    """One camera's process, as its parent sees it.

    Args:
        camera: name of the camera.
        config: settings.
        seed: of the looks that are drawn.

    Attributes:
        image: (H, W, 3) uint8 RGB, the last that was rendered; valid until the next order.
        pipe: readable when an order is done, or the process has ended.
        busy: whether it has an order; ready: whether it has ever delivered; dead: whether it ended by itself.
        render_s: how long the last image took [s].
        failure: why it cannot render, in its own words, or "".
        started_s, wanted_s: when it was started and when its camera was last wanted [s, monotonic].
    """

    def __init__(self, camera: str, config: CamerasConfig, seed: int) -> None:
        width, height = next(row.resolution for row in CAMERAS if row.name == camera)
        memory = os.memfd_create(f"camera_{camera}")
        os.ftruncate(memory, 3 * width * height)
        self.image = np.frombuffer(mmap.mmap(memory, 0), np.uint8).reshape(height, width, 3)
        self.pipe, theirs = Pipe()
        inherited = (theirs.fileno(), memory)
        # In a session of its own: a terminal's Ctrl-C is for the parent alone, which then ends it through the pipe.
        command = [*_PROGRAM, *map(str, inherited)]
        self._process = subprocess.Popen(command, pass_fds=inherited, start_new_session=True)
        theirs.close()
        os.close(memory)
        self.busy = self.ready = self.dead = self._given_up = False
        self.render_s, self.failure = 0.0, ""
        self.started_s = self.wanted_s = time.monotonic()
        self._send((camera, config, seed))

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def state(self) -> str:
        """In a word or two."""
        if self.failure:
            return "cannot render"
        return "has died" if self.dead else "rendering" if self.ready else "starting"

    def order(self, order: Order) -> None:
        """Asks for an image; the first of a process takes long, and is not waited for."""
        self.busy, self._given_up = True, not self.ready
        self._send(order)

    def give_up(self) -> None:
        """The image that was ordered is not wanted any more."""
        self._given_up = True

    @property
    def awaited(self) -> bool:
        """Whether an order is worth waiting for."""
        return self.busy and not self._given_up

    def take(self) -> bool:
        """Reads the answer to an order; whether it is an image that was waited for."""
        try:
            answer = self.pipe.recv()
        except (EOFError, OSError):
            self.dead, self.busy = not self.failure, False
            return False
        self.busy = False
        if isinstance(answer, str):
            self.failure = answer
            return False
        self.ready, self.render_s = True, answer
        return not self._given_up

    def close(self) -> None:
        """Ends the process, at once: it has nothing to bring to disk, and may be in the middle of an image."""
        self.pipe.close()
        self._process.kill()
        self._process.wait()

    def _send(self, what: object) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # reading tells that it is dead
            self.pipe.send(what)


class Studio:
    """The processes of the cameras that are wanted.

    Args:
        config: settings.
        seed: of the looks that are drawn.

    Attributes:
        processes: by camera.
        deaths: how many processes have ended by themselves.
    """

    def __init__(self, config: CamerasConfig, seed: int = 0) -> None:
        self._config, self._seed = config, seed
        self.processes: dict[str, CameraProcess] = {}
        self.deaths = 0

    def follow(self, wanted: Collection[str]) -> None:
        """Starts processes for the cameras in `wanted`, ends those not wanted for long, and replaces dead ones."""
        now = time.monotonic()
        for camera in wanted:
            process = self.processes.get(camera)
            if process is not None and process.dead and now - process.started_s > RESTART_S:
                process.close()
                process = None
            if process is None:
                process = self.processes[camera] = CameraProcess(camera, self._config, self._seed)
            process.wanted_s = now
        for camera, process in list(self.processes.items()):
            if now - process.wanted_s > LINGER_S:
                process.close()
                del self.processes[camera]

    def render(self, order: Order, wanted: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Names and images (H, W, 3) of the cameras in `wanted`, each as soon as it is there.

        Cameras are left out that are starting, still busy with an earlier order, or cannot render.
        """
        self._read(0.0)
        asked = {}
        for camera in wanted:
            process = self.processes.get(camera)
            if process is not None and not (process.busy or process.dead or process.failure):
                process.order(order)
                asked[camera] = process
        end = time.monotonic() + PATIENCE_S
        while any(process.awaited for process in asked.values()):
            done = self._read(end - time.monotonic())
            yield from ((camera, process.image) for camera, process in asked.items() if process in done)
            if time.monotonic() > end:
                for process in asked.values():
                    process.give_up()

    def close(self) -> None:
        """Ends all processes."""
        for process in self.processes.values():
            process.close()
        self.processes.clear()

    def _read(self, patience_s: float) -> list[CameraProcess]:
        """Takes the answers that are there, or the first to come; the processes whose images were waited for."""
        busy = [process for process in self.processes.values() if process.busy]
        ready = wait([process.pipe for process in busy], max(patience_s, 0.0)) if busy else []
        answered = [process for process in busy if process.pipe in ready]
        done = [process for process in answered if process.take()]
        self.deaths += sum(process.dead for process in answered)
        return done
