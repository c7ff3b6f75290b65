"""The unit of the graph: configuration, state, one step. No clock, logger, thread, file or global randomness inside."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from inhand_core.random import RowRandom
from inhand_core.signals import Signal


class Component(ABC):
    """A batched step from input signals to output signals.

    A subclass names its configuration dataclass in `Config`, keeps everything that changes in `self.state` (a
    dataclass of arrays with leading axis B) and in `self.random`, and implements `reset` and `step`.

    Args:
        config: an instance of `Config`.
        seeds: (B,) uint64 row seeds, from `inhand_core.random.row_seeds`.
    """

    Config: ClassVar[type]

    def __init__(self, config: Any, seeds: np.ndarray) -> None:
        self.config = config
        self.batch = len(seeds)
        self.random = RowRandom(seeds, type(self).__name__)
        self.state: Any = None

    @abstractmethod
    def reset(self, mask: np.ndarray) -> None:
        """Starts a new episode in the rows where `mask` (B,) bool is true; other rows stay as they are."""

    def start(self) -> None:
        """Begins a run at time 0: an episode in every row. To be extended where a component counts time."""
        self.reset(np.ones(self.batch, bool))

    @abstractmethod
    def step(self, inputs: Mapping[str, Signal], dt: float) -> dict[str, Signal]:
        """Advances by `dt` [s].

        Args:
            inputs: newest signal of each input port; a port without a message yet is absent.
            dt: time since the last step [s].

        Returns:
            The signals produced at this step, by output port; a port with nothing new is absent.
        """

    def save(self) -> Any:
        """A deep copy of the state and the random counters, for `restore`."""
        return copy.deepcopy(self.state), self.random.counter.copy()

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        state, counter = saved
        self.state = copy.deepcopy(state)
        self.random.counter = counter.copy()
