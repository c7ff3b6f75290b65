"""Random forces on the object: what the model leaves out (C.2)."""

from __future__ import annotations

import numpy as np

from inhand_core.random import RowRandom
from inhand_sim.ranges import RandomForces


class ObjectForces:
    """A force appears with the episode's probability, replaces the last one and fades; called every 80 ms."""

    def __init__(self, config: RandomForces) -> None:
        self._config = config

    def update(self, force: np.ndarray, probability: np.ndarray, random: RowRandom) -> None:
        """Moves `force` (B, 3) [m/s², world], in place, to its value for the next 80 ms.

        Args:
            force: acceleration on the object; the force is this times its mass.
            probability: (B,) chance of a new one.
            random: the component's random streams.
        """
        force *= self._config.decay.value
        new = random.uniform() < probability
        drawn = self._config.acceleration.draw(random, (3,))
        force[new] = drawn[new]
