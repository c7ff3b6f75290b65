"""The bus thread: a cycle at absolute times of the steady clock, in the foreground of the machine where it may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from inhand_drivers.hand.realtime import use_fifo

_JOIN_S = 5.0


class CycleThread:
    """Calls `cycle` every period from construction on until `close`, then `last` in the same thread.

    A late cycle is left out, not made up for: a bus has no use for a burst.

    Args:
        cycle, last: what to run; a cycle that returns False may take longer than a period.
        period_s: between cycles [s].
        priority: of SCHED_FIFO; 0: the default scheduler.
        warn: takes one text where the priority is denied.
        await_turn: waits for the next cycle's turn; None: for the steady clock.

    Attributes:
        overruns: cycles left out. error: what ended the thread, else None.
    """

    def __init__(
        self,
        cycle: Callable[[], bool],
        last: Callable[[], None],
        period_s: float,
        priority: int,
        warn: Callable[[str], object],
        await_turn: Callable[[], None] | None = None,
    ) -> None:
        self._cycle, self._last, self._period, self._priority, self._warn = cycle, last, period_s, priority, warn
        self._await = await_turn
        self.overruns = 0
        self.error: Exception | None = None
        self._running = True
        self._thread = threading.Thread(target=self._run, name="hand bus", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the cycle it is in."""
        self._running = False
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        if (denied := use_fifo(self._priority)) is not None:
            self._warn(denied)
        try:
            self._keep_time() if self._await is None else self._take_turns(self._await)
        except Exception as error:
            self.error = error
        finally:
            self._last()

    def _take_turns(self, turn: Callable[[], object]) -> None:
        while self._running:
            turn()
            self._cycle()

    def _keep_time(self) -> None:
        due, timed = time.monotonic(), False
        while self._running:
            due += self._period
            late = time.monotonic() - due
            if late > 0.0:
                skipped = int(late / self._period) + 1
                self.overruns += skipped if timed else 0
                due += skipped * self._period
            time.sleep(max(0.0, due - time.monotonic()))
            timed = self._cycle()
