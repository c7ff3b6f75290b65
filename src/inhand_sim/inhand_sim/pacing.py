"""Ticks in real time: a thread that runs a function at absolute times of the steady clock, and hands results over."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Pace:
    """How the loop has kept up.

    Attributes:
        ticks: run since the start; missed: ticks' worth of wall time given up because the machine was late.
        factor: simulated over wall seconds in the last second or so; total: since the start. Pauses do not count.
        paused: the loop waits.
    """

    ticks: int
    missed: int
    factor: float
    total: float
    paused: bool


class RealTimeLoop:
    """Calls `tick(k)` for k = 0, 1, … every `period_ns` of the steady clock, in its own thread.

    A late loop catches up by running without sleep; when it is later than `max_lag_ns` it gives the lost time up and
    counts it in ticks, so that a stall is followed by no burst.

    Args:
        tick: called with the tick's number.
        period_ns: time between ticks [ns].
        max_lag_ns: lag that is still caught up [ns].

    Attributes:
        error: the exception that ended the thread.
    """

    def __init__(self, tick: Callable[[int], None], period_ns: int, max_lag_ns: int = 50_000_000) -> None:
        self._tick, self._period, self._max_lag = tick, period_ns, max_lag_ns
        self.error: Exception | None = None
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future]] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stopping, self._run_until = False, -1
        self._ticks = self._missed = 0
        self._active_ns = 0
        self._history: deque[tuple[int, int]] = deque([(0, 0)], maxlen=11)
        self._thread = threading.Thread(target=self._guarded, name="physics", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the tick it is in; call from another thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def pause(self, paused: bool) -> None:
        """Pauses before the next tick, or goes on."""
        self._run_until = self._ticks if paused else -1
        self._wake.set()

    def run_for(self, ticks: int) -> None:
        """From a pause: runs so many ticks in real time, then pauses again."""
        self._run_until = max(self._ticks, self._run_until) + ticks
        self._wake.set()

    def call(self, job: Callable[[], Any], timeout: float = 2.0) -> Any:
        """Runs `job` in the thread between two ticks, paused or not; returns its result or raises its exception.

        Raises:
            TimeoutError: the thread did not get to it in `timeout` seconds.
        """
        future: Future = Future()
        self._jobs.put((job, future))
        self._wake.set()
        return future.result(timeout)

    @property
    def paused(self) -> bool:
        """Whether the loop waits."""
        return 0 <= self._run_until <= self._ticks

    def pace(self) -> Pace:
        """How the loop keeps up."""
        ticks, active = self._ticks, self._active_ns
        old_ticks, old_active = self._history[0]
        factor = (ticks - old_ticks) * self._period / max(active - old_active, 1)
        return Pace(ticks, self._missed, factor, ticks * self._period / max(active, 1), self.paused)

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:
            self.error = error

    def _run(self) -> None:
        start, first = time.monotonic_ns(), 0
        counted = start
        while not self._stopping:
            self._run_jobs()
            if self.paused:
                self._wake.wait()
                self._wake.clear()
                start, first = time.monotonic_ns(), self._ticks
                counted = start
                continue
            due = start + (self._ticks - first) * self._period
            now = time.monotonic_ns()
            if now < due:
                time.sleep((due - now) / NANOSECONDS)
            elif now - due > self._max_lag:
                lost = (now - due) // self._period
                self._missed += lost
                start += lost * self._period
            self._tick(self._ticks)
            self._ticks += 1
            now = time.monotonic_ns()
            self._active_ns += now - counted
            counted = now
            if self._active_ns - self._history[-1][1] > NANOSECONDS // 10:
                self._history.append((self._ticks, self._active_ns))

    def _run_jobs(self) -> None:
        while not self._jobs.empty():
            job, future = self._jobs.get()
            try:
                future.set_result(job())
            except Exception as error:
                future.set_exception(error)


class Outbox:
    """Hands items to a function in another thread, in order; the giver never waits.

    Args:
        send: called with each item.
        capacity: items that may wait; further ones are dropped and counted.

    Attributes:
        dropped: items dropped. error: the exception that ended the thread.
    """

    def __init__(self, send: Callable[[Any], None], capacity: int = 4000) -> None:
        self._send, self._capacity = send, capacity
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.dropped = 0
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)
        self._thread.start()

    def put(self, item: Any) -> None:
        """Gives an item; it must not be None."""
        if self._items.qsize() >= self._capacity:
            self.dropped += 1
            return
        self._items.put(item)

    def close(self) -> None:
        """Sends what waits, then ends the thread."""
        self._items.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (item := self._items.get()) is not None:
                self._send(item)
        except Exception as error:
            self.error = error
