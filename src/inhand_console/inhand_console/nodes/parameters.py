"""Read-only node parameters with a description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from inhand_core import ConfigError

T = TypeVar("T", str, int, float, bool)


def read_only(node: Node, name: str, default: T, description: str) -> T:
    """Declares a parameter that is set at the start alone, and returns its value."""
    return node.declare_parameter(name, default, ParameterDescriptor(description=description, read_only=True)).value


def choice(node: Node, name: str, default: str, known: Sequence[str], description: str) -> str:
    """The same, for one of several names.

    Raises:
        ConfigError: any other value.
    """
    value = read_only(node, name, default, f"{description}: {', '.join(known)}")
    if value not in known:
        raise ConfigError(f"parameter {name}: {value!r}; known {list(known)}")
    return value
