"""The registry of policy networks: what is between the normalised observation and the linear head.

A module of this folder with a class marked `@register` is an architecture; so is any class of another package that a
weights file or a recipe names as "module:Class". One says everything about it: the torch module that is trained, the
same step in NumPy, the tensors' shapes and what its memory is made of. Whoever trains, saves, exports or runs a policy
asks here and knows no names.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.ports import resolve_class
from inhand_core.ranges import AT_LEAST_ONE
from inhand_core.signals import N_ACTUATORS, N_BINS

if TYPE_CHECKING:
    from torch import nn

Memory = dict[str, np.ndarray]
"""Parts of a network's memory by name, (B, n) float32 each, all zero at the start; {} for a network without one."""
Stepper = Callable[[np.ndarray, Memory], tuple[np.ndarray, Memory]]
"""Features (B, lstm) of normalised observations (B, n), float32, and the memory after them."""
Tensors = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class NetworkSizes:
    """Sizes of a network; the defaults are the paper's.

    Attributes:
        dense: units of the dense layer.
        lstm: units of the recurrent layer, or of the second dense layer of a network without one.
        memory: name of the architecture, see `known_architectures`.
    """

    dense: int = 1024
    lstm: int = 512
    memory: str = "lstm"

    def __post_init__(self) -> None:
        if self.dense < 1 or self.lstm < 1:
            raise ConfigError(f"dense and lstm must be >= 1, are {self.dense} and {self.lstm}")
        architecture(self.memory)


@dataclass(frozen=True)
class NetworkInfo:
    """What a weights file says of its network: `NetworkSizes`, and the lengths of observation and output."""

    inputs: Annotated[int, AT_LEAST_ONE]
    dense: Annotated[int, AT_LEAST_ONE]
    lstm: Annotated[int, AT_LEAST_ONE]
    memory: str
    outputs: Annotated[int, AT_LEAST_ONE] = N_ACTUATORS * N_BINS


class Architecture(ABC):
    """One kind of network. Instances hold nothing; tensors are named as the torch module's, below "trunk."."""

    name: ClassVar[str]
    parts: ClassVar[tuple[str, ...]] = ()
    """Names of the parts of its memory, in the order of the torch module; each has `lstm` units."""

    @abstractmethod
    def shapes(self, info: NetworkInfo) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor of the trunk but the normaliser's."""

    @abstractmethod
    def trunk(self, inputs: int, sizes: NetworkSizes) -> nn.Module:
        """The torch module for training, with a `normalizer`, `initial_memory`, `step` and `sequence`.

        See `inhand_policy.network.RecurrentTrunk` for what they take and give.
        """

    @abstractmethod
    def stepper(self, info: NetworkInfo, tensors: Tensors) -> Stepper:
        """The same step in NumPy."""

    def initial_memory(self, info: NetworkInfo, batch: int) -> Memory:
        """The memory of `batch` rows that have seen nothing."""
        return {part: np.zeros((batch, info.lstm), np.float32) for part in self.parts}


_KNOWN: dict[str, Architecture] = {}


def register(cls: type[Architecture]) -> type[Architecture]:
    """Class decorator: makes an architecture known by its name."""
    _KNOWN[cls.name] = cls()
    return cls


def known_architectures() -> tuple[str, ...]:
    """Names of the architectures that this package ships."""
    return tuple(sorted(_KNOWN))


def architecture(name: str) -> Architecture:
    """The architecture of that name, or of "module:Class" of another package.

    Raises:
        ConfigError: there is none; the message lists the known ones.
    """
    if name in _KNOWN:
        return _KNOWN[name]
    if ":" not in name:
        raise ConfigError(f"memory: unknown network {name!r}; known {list(known_architectures())}, or 'module:Class'")
    cls: Any = resolve_class(name)
    if not (isinstance(cls, type) and issubclass(cls, Architecture)):
        raise ConfigError(f"memory: {name!r} is no Architecture of inhand_policy.architectures")
    return cls()


def transposed(weight: np.ndarray) -> np.ndarray:
    """A layer's weights as the right factor of a product."""
    return np.ascontiguousarray(weight.T, dtype=np.float32)


def affine(values: np.ndarray, layer: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """A dense layer: (transposed weights, bias) applied to `values` (B, n)."""
    return values @ layer[0] + layer[1]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function; it never overflows."""
    return np.float32(0.5) * (np.float32(1.0) + np.tanh(np.float32(0.5) * x))


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
