"""What the simulation's links share: a spread that a curriculum can narrow per row."""

from __future__ import annotations

from typing import Any

import numpy as np

from inhand_core.link import Link, S


class ScaledLink(Link[S]):
    """A link whose effect scales with `randomization_scale` (B,) in [0, 1]; 1 is the configured range, 0 no effect."""

    def __init__(self, config: Any, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.randomization_scale = np.ones(self.batch)
