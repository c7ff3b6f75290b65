"""The unit of the graph: configuration, state, one step. No clock, logger, thread, file or global randomness inside."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.ports import Ports, read_ports
from inhand_core.random import RowRandom

In = TypeVar("In", bound=Mapping[str, Any])
Out = TypeVar("Out", bound=Mapping[str, Any])


class Component(ABC, Generic[In, Out]):
    """A batched step from input signals to output signals.

    A subclass names its ports, as `Component[Inputs, Outputs]` (see `inhand_core.ports`), and its configuration
    dataclass in `Config`; it keeps everything that changes in `self.state` (a
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

    @classmethod
    def ports(cls) -> Ports:
        """The input and output ports of the class.

        Raises:
            ConfigError: the class names none.
        """
        for base in (base for parent in cls.__mro__ for base in parent.__dict__.get("__orig_bases__", ())):
            origin, named = get_origin(base), get_args(base)
            named = [item for item in named if not isinstance(item, TypeVar)]
            if isinstance(origin, type) and issubclass(origin, Component) and len(named) == 2:
                return read_ports(*named)
        raise ConfigError(f"{cls.__name__} names no ports: derive it from Component[Inputs, Outputs]")

    def unused(self) -> set[str]:
        """Optional inputs that this instance, as it is configured, does not look at: a node need not subscribe."""
        return set()

    @abstractmethod
    def reset(self, mask: np.ndarray) -> None:
        """Starts a new episode in the rows where `mask` (B,) bool is true; other rows stay as they are."""

    def start(self) -> None:
        """Begins a run at time 0: an episode in every row. To be extended where a component counts time."""
        self.reset(np.ones(self.batch, bool))

    @abstractmethod
    def step(self, inputs: In, dt: float) -> Out:
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
