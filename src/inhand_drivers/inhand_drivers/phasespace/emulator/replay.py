"""`inhand emulate phasespace`: a capture server in a process of its own, fed by a script, a bag, or the simulator."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inhand_core.fuzzing import mutate
from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_drivers.phasespace.config import load, marker_indices
from inhand_drivers.phasespace.emulator.bag import read_bag
from inhand_drivers.phasespace.emulator.capture import VirtualCapture
from inhand_drivers.phasespace.emulator.script import ScriptConfig, ScriptSource, TableSource, read_script
from inhand_drivers.phasespace.emulator.server import OwlServer


@dataclass
class Faults:
    """What the emulated server does wrong, besides the links' loss.

    Attributes:
        malformed: mutated packets sent beside the good ones, per good one; none of the good ones is touched.
        drift_ppm: by how much its clock runs fast.
        seed: of the mutations.
    """

    malformed: float = 0.0
    drift_ppm: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.malformed <= 1.0:
            raise ValueError(f"malformed must be in [0, 1], is {self.malformed}")
        self._random = random.Random(self.seed)

    def server_time(self, time_ns: int) -> int:
        """What the server's clock shows at a true time."""
        return round(time_ns * (1.0 + 1e-6 * self.drift_ppm))

    def send(self, server: OwlServer, packet: bytes) -> None:
        """Publishes a frame, and sometimes a broken one beside it."""
        server.publish(packet)
        if self.malformed and self._random.random() < self.malformed:
            server.inject(mutate((packet,), self._random))


def replay(
    source: ScriptSource | TableSource, server: OwlServer, capture: VirtualCapture, faults: Faults, seconds: float = 0.0
) -> None:
    """Publishes a source's frames at their times; returns after `seconds`, or never with 0.

    A frame that is late is sent at once: the frames after it keep to the plan.
    """
    start = time.monotonic_ns()
    for time_ns, markers in _until(source.frames(), seconds):
        wait = start + time_ns - time.monotonic_ns()
        if wait > 0:
            time.sleep(wait / NANOSECONDS)
        if markers is not None:
            faults.send(server, capture.frame(markers, faults.server_time(time_ns)))


def _until(frames: Iterator[tuple[int, Markers | None]], seconds: float) -> Iterator[tuple[int, Markers | None]]:
    return itertools.takewhile(lambda item: not seconds or item[0] < seconds * NANOSECONDS, frames)


def phasespace(
    source: str = "sim",
    address: str = "",
    randomization: str = "none",
    seed: int = 0,
    malformed: float = 0.0,
    drift_ppm: float = 0.0,
    seconds: float = 0.0,
) -> int:
    """Serve marker frames as a PhaseSpace server does, for the driver (phasespace:=real) or any other OWL client.

    Args:
        source: `sim`: the running simulator's true positions; `demo`: moving markers at 960 Hz; the path of a script
            (.yaml), a table (.csv) or a bag.
        address: host or host:port to listen on; empty: server and port of config/phasespace.yaml.
        randomization: loss and noise of the markers: all, none, or groups of config/randomization.yaml.
        seed: of loss and noise.
        malformed: broken packets beside the good ones, per good one, 0 … 1.
        drift_ppm: by how much the server's clock runs fast.
        seconds: end after this long; 0: never.
    """
    faults = Faults(malformed, drift_ppm, seed)
    if source == "sim":
        from inhand_drivers.nodes.emulate_phasespace import serve

        return serve(faults, address=address, randomization=randomization, seed=seed)
    config, frames = load(address=address), open_source(source)
    capture = VirtualCapture(marker_indices(config.markers), randomization, seed)
    server = OwlServer(frames.rate, config.server, config.port)
    print(f"serving {source} at {frames.rate:g} frames a second on {config.server}:{server.port}", flush=True)
    try:
        replay(frames, server, capture, faults, seconds)
    finally:
        server.close()
    return 0


def open_source(source: str) -> ScriptSource | TableSource:
    """The frames of `demo`, of a .yaml or .csv file, or of a bag.

    Raises:
        ConfigError: the file cannot be used.
    """
    if source == "demo":
        return ScriptSource(ScriptConfig())
    path = Path(source)
    return read_script(path) if path.suffix in (".yaml", ".csv") else read_bag(path)
