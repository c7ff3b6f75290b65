"""What a browser may send: messages that make sense, and not more of them than a person causes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.exceptions import ConnectionClosed

MESSAGES_HZ, BURST = 200.0, 400.0
"""Of one connection; a mouse that turns the scene sends about 100 a second. What comes faster waits its turn."""
QUIET_S = 10.0
"""One line of complaint in this many seconds, however many there are."""
_MALFORMED = 1007  # WebSocket's own code for data that is not consistent with its type

Handler = Callable[[Any], Awaitable[None]]


class Complaints:
    """Writes single lines to the log, and counts those that it does not."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._due, self._kept_back = -float("inf"), 0

    def add(self, text: str) -> None:
        """Complains, unless it did a moment ago."""
        now = self._clock()
        if now < self._due:
            self._kept_back += 1
            return
        more = f" ({self._kept_back} more before it)" if self._kept_back else ""
        self._log.warning("%s%s", text, more)
        self._due, self._kept_back = now + QUIET_S, 0


class Pace:
    """A bucket of messages that fills at a rate; `wait_s` takes one and says how long to wait for it [s]."""

    def __init__(self, rate: float = MESSAGES_HZ, burst: float = BURST) -> None:
        self._rate, self._burst, self._left, self._then = rate, burst, burst, 0.0

    def wait_s(self, now: float) -> float:
        """Takes one message at `now` [s]."""
        self._left = min(self._burst, self._left + (now - self._then) * self._rate) - 1.0
        self._then = now
        return max(0.0, -self._left / self._rate)


def serving(handler: Handler, complaints: Complaints | None = None) -> Handler:
    """A WebSocket handler around another: it ends connections that talk nonsense, without a traceback for each."""
    complain = complaints or Complaints(logging.getLogger("inhand_console.page"))

    async def serve(connection: Any) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complain.add(_describe(context)))
        receive, pace = connection.recv, Pace()

        async def paced(*args: Any, **options: Any) -> Any:
            message = await receive(*args, **options)
            if (wait := pace.wait_s(time.monotonic())) > 0.0:
                await asyncio.sleep(wait)
            return message

        connection.recv = paced
        try:
            await handler(connection)
        except (ConnectionClosed, asyncio.CancelledError):
            raise
        except Exception as error:  # whatever a stranger's bytes make of the decoder
            complain.add(f"a browser sent what is no message of this page: {type(error).__name__}")
            await connection.close(_MALFORMED, "no message of this page")

    return serve


def _describe(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"a browser's message failed: {type(error).__name__ if error else context.get('message')}"
