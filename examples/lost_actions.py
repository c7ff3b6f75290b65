"""A randomisation of one's own: actions get lost now and then. docs/add-a-randomisation.md says how it is wired."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inhand_core.signals import HandAction
from inhand_sim.links.base import ScaledLink
from inhand_sim.ranges import Value


@dataclass(frozen=True)
class LostActionsConfig:
    """How likely it is that an action is lost."""

    probability: Value


class LostActions(ScaledLink[HandAction]):
    """In the place of a lost action the hand gets the one before."""

    Config = LostActionsConfig

    def __init__(self, config: LostActionsConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.state = np.zeros((self.batch, 20))

    def reset(self, mask: np.ndarray) -> None:
        """Begins an episode in the rows of `mask`."""
        self.state = np.where(mask[:, None], 0.0, self.state)

    def apply(self, signal: HandAction, dt: float) -> HandAction:
        """The action, or the one before; `randomization_scale` is how far a curriculum has come."""
        lost = self.random.uniform(()) < self.config.probability.value * self.randomization_scale
        self.state = np.where(lost[:, None], self.state, signal.action)
        return replace(signal, action=self.state)
