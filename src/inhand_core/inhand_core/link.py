"""Links: what happens to a signal between producer and consumer (noise, delay, loss, freezing).

In simulation links are explicit components applied by the producer; on the robot they are the world's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from inhand_core.component import Component
from inhand_core.signals import Signal


class Link(Component):
    """A component with one signal in and one of the same type out; subclasses implement `apply`."""

    @abstractmethod
    def apply(self, signal: Signal, dt: float) -> Signal:
        """The signal as the consumer sees it; called once per message, `dt` [s] after the last."""

    def step(self, inputs: Mapping[str, Signal], dt: float) -> dict[str, Signal]:
        """`apply` under the component's interface; the port is called "signal"."""
        return {"signal": self.apply(inputs["signal"], dt)}
