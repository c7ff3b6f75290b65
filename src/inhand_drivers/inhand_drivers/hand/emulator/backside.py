"""The emulated motors' torque on its way to the simulated hand."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from inhand_drivers.hand.emulator.hand import EmulatedHand
from inhand_drivers.hand.layout import DEMAND_MAX

_REPEAT_S = 0.005
_JOIN_S = 2.0


class Backside:
    """Says what torque the motors give: when it changes, and every 5 ms, so that it ends where the demands end.

    Args:
        hand: whose motors.
        full_scale: torque (20,) [N m] at a demand of 1023.
        say: takes torque (20,) [N m], a running number, and sequence and stamp [ns] of the newest sensors; called in a
            thread of this object, and not before the first sensors.

        answer: say it whenever sensors have come, too: somebody waits for that.

    Attributes:
        error: what `say` raised, which ends the thread.
    """

    def __init__(
        self,
        hand: EmulatedHand,
        full_scale: np.ndarray,
        say: Callable[[np.ndarray, int, int, int], None],
        answer: bool = False,
    ) -> None:
        self._hand, self._full_scale, self._say, self._answer = hand, full_scale, say, answer
        self._newest: tuple[int, int] | None = None
        self._shown = np.zeros(len(full_scale), np.int64)
        self._changed = threading.Event()
        self._open = True
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="motors", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether sensors have come: before, the hand has nothing to say."""
        return self._newest is not None

    def heard(self, sequence: int, stamp_ns: int) -> None:
        """Sensors with that number and stamp have come."""
        self._newest = sequence, stamp_ns
        if self._answer:
            self._changed.set()

    def look(self) -> None:
        """To be called after each frame: wakes the thread where the demand is another one."""
        if not np.array_equal(self._hand.demand(), self._shown):
            self._changed.set()

    def close(self) -> None:
        """Ends the thread."""
        self._open = False
        self._changed.set()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            self._keep_saying()
        except Exception as error:
            self.error = error

    def _keep_saying(self) -> None:
        number = 0
        while self._open:
            self._changed.wait(_REPEAT_S)
            self._changed.clear()
            demand, newest = self._hand.demand(), self._newest
            self._shown = demand
            if newest is not None:
                self._say(demand / DEMAND_MAX * self._full_scale, number, *newest)
                number += 1
