"""Ticks at a pace: a thread that runs a function at absolute times of the steady clock, and hands results over."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from inhand_core.times import NANOSECONDS
from inhand_sim.waiting import Gate

NEAREST = 0.8
"""Ticks of a loop that makes up for lateness come at least this part of a period apart."""
IDLE_S = 0.1
"""Time between signs of life while no tick runs [s]."""


@dataclass(frozen=True)
class Pace:
    """How the loop has kept up.

    Attributes:
        ticks: run since the start; missed: ticks' worth of wall time given up because the machine was late.
        factor: simulated over wall seconds in the last second or so; total: since the start. Pauses do not count.
        paused: the loop waits for a person.
        speed: the factor asked for; 0: as fast as ticks may run.
        waited: wall time since the start in which ticks were held back [s].
    """

    ticks: int
    missed: int
    factor: float
    total: float
    paused: bool
    speed: float = 1.0
    waited: float = 0.0


class RealTimeLoop:
    """Calls `tick(k)` for k = 0, 1, …, each standing for `period_ns` of simulated time, in its own thread.

    At speed 1 that is one every `period_ns` of the steady clock. A late loop makes up for it with ticks a little nearer
    to each other; when it is later than `max_lag_ns` it gives the lost time up and counts it in ticks, so that a stall
    is followed by no burst.

    Args:
        tick: called with the tick's number.
        period_ns: simulated time between ticks [ns].
        max_lag_ns: lag that is still made up for [ns of the steady clock].
        speed: simulated over wall time, at most; 0: as fast as the gate lets ticks run, 1 while nobody answers it.
        gate: what holds ticks back; None: nothing does.
        start_ns: simulated time of tick 0 [ns], for the gate.
        idle: called every `IDLE_S` or so while paused or held back.

    Attributes:
        error: the exception that ended the thread. awaited: what the next tick is held back for, "" for nothing.
    """

    def __init__(
        self,
        tick: Callable[[int], None],
        period_ns: int,
        max_lag_ns: int = 50_000_000,
        speed: float = 1.0,
        gate: Gate | None = None,
        start_ns: int = 0,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._tick, self._period, self._max_lag, self._idle = tick, period_ns, max_lag_ns, idle
        self._speed, self._gate, self._start_ns = speed, gate, start_ns
        self.error: Exception | None = None
        self.awaited = ""
        self._waited_ns = self._idled_ns = 0
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
        """From a pause: runs this many ticks in real time, then pauses again."""
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
        total = ticks * self._period / max(active, 1)
        return Pace(ticks, self._missed, factor, total, self.paused, self._speed, self._waited_ns / NANOSECONDS)

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:
            self.error = error

    def _run(self) -> None:
        counted = due = time.monotonic_ns()
        began = due - self._step_ns()
        while not self._stopping:
            self._run_jobs()
            if self.paused:
                self._rest()
                counted = due = time.monotonic_ns()
                continue
            step = self._step_ns()
            self._sleep_until(max(due, began + round(NEAREST * step)))
            if not self._let_in():
                continue
            began = time.monotonic_ns()
            if (late := began - due) > self._max_lag and step:
                lost = late // step
                self._missed += lost
                due += lost * step
            self._tick(self._ticks)
            self._ticks += 1
            due = due + step if step else time.monotonic_ns()
            counted = self._count(counted)

    def _step_ns(self) -> int:
        """Wall time that a tick stands for; 0: none."""
        free = self._speed == 0.0 and self._gate is not None and self._gate.answered
        return 0 if free else round(self._period / (self._speed or 1.0))

    def _sleep_until(self, due: int) -> None:
        if (left := due - time.monotonic_ns()) > 0:
            time.sleep(left / NANOSECONDS)

    def _let_in(self) -> bool:
        """Waits until the next tick may run; False: something else is to be done first."""
        time_ns = self._start_ns + self._ticks * self._period
        if self._gate is None or not (awaited := self._gate.awaited(time_ns)):
            return True
        begun, self.awaited = time.monotonic_ns(), awaited
        try:
            while not self._gate.wait(time_ns):
                self._beat()
                if self._stopping or self.paused or not self._jobs.empty():
                    return False
            return True
        finally:
            self.awaited = ""
            self._waited_ns += time.monotonic_ns() - begun

    def _rest(self) -> None:
        self._wake.wait(IDLE_S)
        self._wake.clear()
        self._beat()
        if self._gate is not None:
            self._gate.be_patient()

    def _beat(self) -> None:
        now = time.monotonic_ns()
        if now - self._idled_ns > IDLE_S * NANOSECONDS:
            self._idled_ns = now
            self._idle()

    def _count(self, counted: int) -> int:
        now = time.monotonic_ns()
        self._active_ns += now - counted
        if self._active_ns - self._history[-1][1] > NANOSECONDS // 10:
            self._history.append((self._ticks, self._active_ns))
        return now

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
