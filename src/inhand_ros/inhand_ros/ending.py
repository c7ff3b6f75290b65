"""Sees to it that a process ends soon after SIGINT or SIGTERM, whatever its threads wait for.

rclpy's own handlers shut the context down in a thread of their own, while the main thread still works with it and soon
destroys what that thread is using; and Python's finalisation collects every object that was ever made, for seconds on a
busy machine, deaf to signals. So the signals are taken here: the executor is told to stop, a timer of C, which needs no
interpreter lock, ends the process should it get stuck, and it leaves without finalisation once its node is gone. What
hangs in C with the interpreter's lock before the signal comes is ended by launch, which sends SIGKILL after 2.5 s.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal came while a node was being built."""


class Ending:
    """Takes the signals that end a process; to be made in the main thread.

    Args:
        patience_s: how long the process may take after the signal; then the stacks of its threads go to stderr and it
            ends with code 1, at once. None: as long as it takes, until somebody calls `set_limit`.
    """

    def __init__(self, patience_s: float | None) -> None:
        self._patience_s = patience_s
        self._asked, self._limited, self._building = False, False, False
        self._stop: Callable[[], None] | None = None
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))  # a child's signals are its own
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._listen, name="ending", daemon=True).start()

    @property
    def asked(self) -> bool:
        """Whether a signal has come; being a call, it lets Python's handler of one that just came run first."""
        return self._asked

    @contextlib.contextmanager
    def building(self) -> Iterator[None]:
        """Where signals interrupt what the main thread does.

        Raises:
            Interrupted: a signal has come.
        """
        self._building = True
        try:
            if self.asked:
                raise Interrupted
            yield
        finally:
            self._building = False

    def call(self, stop: Callable[[], None]) -> None:
        """Has `stop` called, in another thread, when a signal comes; at once if one has come."""
        self._stop = stop
        if self.asked:
            stop()

    def set_limit(self, seconds: float) -> None:
        """Ends the process in this many seconds, unless it has ended by itself; the first call counts."""
        if not self._limited:
            self._limited = True
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Runs in the main thread, once it runs Python."""
        self._begin()
        if self._building:
            self._building = False
            raise Interrupted

    def _listen(self) -> None:
        """Runs in a thread that the signal's handler in C wakes, though the main thread be waiting in C."""
        while os.read(self._read, 1)[0] not in SIGNALS:
            pass
        self._begin()
        if self._stop is not None:
            self._stop()

    def _begin(self) -> None:
        self._asked = True
        if self._patience_s is not None:
            self.set_limit(self._patience_s)


def leave(code: int) -> NoReturn:
    """Ends the process with this exit code, without Python's finalisation: exit handlers run, output is flushed."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)
