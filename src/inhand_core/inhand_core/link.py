"""Links: what happens to a signal between producer and consumer (noise, delay, loss, freezing).

In simulation links are explicit components applied by the producer; on the robot they are the world's own.
"""

from __future__ import annotations

import typing
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from inhand_core.component import Component
from inhand_core.signals import SIGNALS, Signal

S = TypeVar("S", bound=Signal)


class Link(Component[Mapping[str, Any], Mapping[str, Any]], Generic[S]):
    """A component with one signal in and one of the same type out; subclasses implement `apply`."""

    @abstractmethod
    def apply(self, signal: S, dt: float) -> S:
        """The signal as the consumer sees it; called once per message, `dt` [s] after the last."""

    def step(self, inputs: Mapping[str, Any], dt: float) -> Mapping[str, Any]:
        """`apply` under the component's interface; the port is called "signal"."""
        return {"signal": self.apply(inputs["signal"], dt)}

    @classmethod
    def carries(cls) -> str | None:
        """Name of the signal that the link is for, as `apply` is annotated; None: of any."""
        hint = typing.get_type_hints(cls.apply).get("signal")
        return next((name for name, signal in SIGNALS.items() if signal is hint), None)
