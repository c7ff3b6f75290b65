"""Hands items from a thread that must not wait to one that may."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

_JOIN_S = 2.0


class Handover:
    """Calls `deliver` with every item that was put, in order, in a thread of its own, until `close`.

    Args:
        deliver: takes one item.
        limit: items that may wait; more are dropped.

    Attributes:
        dropped: items dropped. error: what `deliver` raised, which ends the thread.
    """

    def __init__(self, deliver: Callable[[Any], None], limit: int) -> None:
        self._deliver, self._items = deliver, queue.Queue(limit)
        self.dropped = 0
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="handover", daemon=True)
        self._thread.start()

    def put(self, item: Any) -> None:
        """Adds an item; never waits."""
        try:
            self._items.put_nowait(item)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Delivers what waits, then ends the thread."""
        with contextlib.suppress(queue.Full):  # then the thread is stuck, and waiting for it would be, too
            self._items.put(None, timeout=_JOIN_S)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while (item := self._items.get()) is not None:
                self._deliver(item)
        except Exception as error:
            self.error = error
