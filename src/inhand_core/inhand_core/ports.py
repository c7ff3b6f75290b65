"""Ports as data: which signals a component takes and gives, by name, so that a graph is checked when it is loaded.

A component's ports are two TypedDicts, which also type its `step`:

    class SmootherInputs(Inputs, total=False):
        action: HandAction

    class SmootherOutputs(TypedDict, total=False):
        action: HandAction

    class Smoother(Component[SmootherInputs, SmootherOutputs]): ...

`Required` marks a port that has a message at every step, such as the one that triggers the component; any other is
absent before its first message. Every input must be wired unless it says `Annotated[…, OPTIONAL]`.

A package may keep the ports of its components in a module `ports` of its own, as `<Class>Inputs` and
`<Class>Outputs`: graphs are then checked without importing what the components need to run.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import typing
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, Required, TypedDict

from inhand_core.config import ConfigError
from inhand_core.signals import SIGNALS, Trial

OPTIONAL = "optional"
"""Marks an input that a graph may leave unwired."""
FURTHER = "further"
"""Marks that a component takes signals of other packages on ports that it does not name; what is marked is no port."""


class Inputs(TypedDict, total=False):
    """What every component may take: the trial, by which its runner resets it."""

    trial: Annotated[Trial, OPTIONAL]


@dataclass(frozen=True)
class Port:
    """A port: the name of its signal's class, and whether a graph may leave it unwired."""

    signal: str
    optional: bool = False


@dataclass(frozen=True)
class Ports:
    """The ports of a component class, by name, and whether it takes further inputs, of other packages' signals."""

    inputs: dict[str, Port] = dataclasses.field(default_factory=dict)
    outputs: dict[str, Port] = dataclasses.field(default_factory=dict)
    further: bool = False


def read_ports(inputs: type, outputs: type) -> Ports:
    """The ports that two TypedDicts describe.

    Raises:
        ConfigError: a port whose type is no signal; the message lists the signals.
    """
    hints = typing.get_type_hints(inputs, include_extras=True)
    return Ports(_read(inputs), _read(outputs), any(_is_further(hint) for hint in hints.values()))


def find_ports(path: str) -> Ports | None:
    """The ports of the component class "module:Class"; None where its package is not installed.

    Raises:
        ConfigError: there is no such class, or it names no ports.
    """
    module, _, name = path.partition(":")
    package = module.partition(".")[0]
    if not _exists(package):
        return None
    if _exists(f"{package}.ports"):
        ports = importlib.import_module(f"{package}.ports")
        if hasattr(ports, f"{name}Inputs") and hasattr(ports, f"{name}Outputs"):
            return read_ports(getattr(ports, f"{name}Inputs"), getattr(ports, f"{name}Outputs"))
    return resolve_class(path).ports()


def resolve_class(path: str) -> Any:
    """The class named by "module:Class".

    Raises:
        ConfigError: it cannot be loaded.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"cannot load component {path!r}: {error}") from error


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _read(ports: type) -> dict[str, Port]:
    hints = typing.get_type_hints(ports, include_extras=True)
    return {name: _port(f"{ports.__name__}.{name}", hint) for name, hint in hints.items() if not _is_further(hint)}


def _is_further(hint: Any) -> bool:
    return FURTHER in getattr(hint, "__metadata__", ())


def _port(where: str, hint: Any) -> Port:
    optional = False
    while typing.get_origin(hint) in (Annotated, Required, NotRequired):
        optional |= OPTIONAL in getattr(hint, "__metadata__", ())
        hint = typing.get_args(hint)[0]
    if hint not in SIGNALS.values():
        raise ConfigError(f"port {where} is of no signal type: {hint!r}; known {sorted(SIGNALS)}")
    return Port(hint.__name__, optional)
