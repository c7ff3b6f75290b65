"""A thread that writes a bag, fed through a queue of bounded size: a slow disk never holds up who records."""

from __future__ import annotations

import threading
from collections import deque

from inhand_ros.bag import MEBI, Bag
from inhand_ros.raw import RawMessage


class BagWriter:
    """Writes what `put` takes, in order, until `close` or the first error.

    Args:
        bag: where to; this class closes it.
        queue_mb: messages that wait take no more memory than this [MiB].

    Attributes:
        error: what ended the writing; None while all is well.
        dropped: messages that found the queue full, by topic.
    """

    def __init__(self, bag: Bag, queue_mb: float) -> None:
        self.bag = bag
        self.error: OSError | None = None
        self.dropped: dict[str, int] = {}
        self._limit = queue_mb * MEBI
        self._waiting: deque[RawMessage] = deque()
        self._bytes = 0
        self._closing, self._idle = False, True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="bag writer", daemon=True)
        self._thread.start()

    @property
    def waiting_mb(self) -> float:
        """Size of what waits [MiB]."""
        return self._bytes / MEBI

    def put(self, message: RawMessage) -> bool:
        """Takes a message; false, and counted, when there is no room for it or the bag has ended."""
        size = len(message.data)
        with self._changed:
            if self._bytes + size > self._limit or self.error is not None or self._closing:
                self.dropped[message.topic] = self.dropped.get(message.topic, 0) + 1
                return False
            self._waiting.append(message)
            self._bytes += size
            self._changed.notify_all()
        return True

    def result(self) -> dict[str, object]:
        """What became of the bag: folder, messages in it, messages that are missing, and the error that ended it."""
        cut = sum(self.bag.counts.values()) - self.bag.kept  # what the disk had not taken when it refused
        missing = sum(self.dropped.values()) + sum(self.bag.lost.values()) + cut
        told: dict[str, object] = {"folder": str(self.bag.folder), "messages": self.bag.kept, "missing": missing}
        return told if self.error is None else {**told, "error": str(self.error)}

    def pause(self) -> None:
        """Returns when all that waits is written; what publishers say until the next `put` is not missed."""
        with self._changed:
            self._changed.wait_for(lambda: (self._idle and not self._waiting) or self.error is not None)
            self.bag.pause()

    def close(self) -> None:
        """Writes what waits and closes the bag.

        Raises:
            OSError: the disk refused the end of it; the bag opens all the same.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self.bag.close()

    def _run(self) -> None:
        while not self._ended():
            message = self._next()
            try:
                if message is not None:
                    self.bag.write(message)
                message = None
                self.bag.flush()
            except OSError as error:
                with self._changed:
                    self.error = error
                    for left in (*([] if message is None else [message]), *self._waiting):
                        self.dropped[left.topic] = self.dropped.get(left.topic, 0) + 1
                    self._waiting.clear()
                    self._bytes = 0
                    self._changed.notify_all()
                return

    def _ended(self) -> bool:
        with self._changed:
            return self._closing and not self._waiting

    def _next(self) -> RawMessage | None:
        """The next message; None when it is time to flush, or to end."""
        with self._changed:
            self._idle = not self._waiting
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._closing, max(self.bag.due_s, 0.05))
            if not self._waiting:
                return None
            self._idle = False
            message = self._waiting.popleft()
            self._bytes -= len(message.data)
            return message
