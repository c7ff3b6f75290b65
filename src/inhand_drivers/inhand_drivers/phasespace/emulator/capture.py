"""True marker positions into the frames of a capture system: loss and noise of the simulation's links, mm, LED ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from inhand_core.graph import build_chains, known_groups, load_graph, resolve_groups
from inhand_core.random import row_seeds
from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_drivers.phasespace.frames import MM
from inhand_drivers.phasespace.packets import MARKER, TIME_BASE_HZ, pack_frame

TOPIC = "mocap/markers"


class VirtualCapture:
    """What the cameras make of the scene.

    Loss and noise are the links of /mocap/markers in config/graph.yaml, those that the simulator applies when it
    stands in for the capture system itself; occlusion by fingers and object comes with the true positions.

    Args:
        indices: index of a marker by LED id, see `config.marker_indices`.
        randomization: groups of config/randomization.yaml, "all" or "none".
        seed: of the run; the same seed gives the same losses as the simulator's own.
    """

    def __init__(self, indices: Mapping[int, int], randomization: str | Iterable[str] = "none", seed: int = 0) -> None:
        groups = resolve_groups(randomization, known_groups())
        links = load_graph("realtime").topics[TOPIC].links
        self._chains = build_chains({TOPIC: links}, row_seeds(seed, 1), groups)
        self._chains.start()
        leds = sorted(indices)
        self._order = np.array([indices[led] for led in leds])
        self._records = np.zeros(len(leds), MARKER)
        self._records["id"] = leds

    def reset(self) -> None:
        """A new episode: another offset of the noise, all markers back."""
        self._chains.reset(np.ones(1, bool))

    def frame(self, true: Markers, time_ns: int) -> bytes:
        """The packet of the frame at `time_ns` of server time; `true`: markers (1, M) [m], occluded ones <= 0."""
        seen = self._chains.apply(TOPIC, true, time_ns)
        ticks = time_ns * TIME_BASE_HZ // NANOSECONDS
        self._records["time"] = ticks
        self._records["position"] = seen.position[0, self._order] / MM
        self._records["condition"] = seen.condition[0, self._order]
        return pack_frame(ticks, self._records)
