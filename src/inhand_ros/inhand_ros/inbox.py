"""What a node has received: newest message a topic, exact sequence numbers in lockstep, losses. No ROS calls here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from inhand_core.signals import Signal
from inhand_core.times import NANOSECONDS
from inhand_data.stamps import read_header
from inhand_ros.codecs import decode, to_ns

MOST_LOST = 144_000
"""Messages: ten minutes of the fastest stream."""


class SequenceCounter:
    """Counts messages of a numbered stream, and those never seen.

    A number that does not rise, or one that is further ahead than any loss can be, is a publisher that started again:
    a forged or broken number is no loss of quintillions.
    """

    def __init__(self) -> None:
        self.last: int | None = None
        self.received = 0
        self.lost = 0
        self.restarts = 0

    def add(self, sequence: int) -> None:
        """Counts one message."""
        if self.last is not None:
            if 0 < sequence - self.last <= MOST_LOST:
                self.lost += sequence - self.last - 1
            else:
                self.restarts += 1
        self.last = sequence
        self.received += 1


class Inbox:
    """Messages of one topic.

    Args:
        rate: rate of the topic [Hz]; numbers messages without a sequence field by their stamps.
        lockstep: keep every message until its turn, else the newest alone.
        numbered: whether the messages have a sequence field.
        read: makes a message of its serialized bytes, for `put_serialized`.
    """

    def __init__(
        self, rate: float, lockstep: bool, numbered: bool = True, read: Callable[[bytes], Any] | None = None
    ) -> None:
        self.counter = SequenceCounter()
        self._numbered, self._read = numbered, read
        self._serialized: tuple[bytes, int] | None = None
        self._read_from: bytes | None = None
        self._rate = rate
        self._lockstep = lockstep
        self._waiting: deque[tuple[int, Any]] = deque()
        self._newest = -1
        self._message: Any = None
        self._decoded: tuple[Any, Signal | None] = (None, None)

    def put(self, message: Any) -> int:
        """Takes a message; returns its sequence number."""
        sequence = getattr(message, "sequence", None)
        if sequence is None:
            sequence = round(to_ns(message.header.stamp) * self._rate / NANOSECONDS)
        self.counter.add(sequence)
        if self._lockstep:
            self._newest = sequence
            self._waiting.append((sequence, message))
        else:
            self._message = message
        return sequence

    def put_serialized(self, data: bytes) -> int:
        """Takes a message as it is on the wire, not in lockstep; returns its sequence number.

        Only the newest is deserialized, when somebody asks for it.
        """
        stamp_ns, sequence = read_header(data)
        if not self._numbered:
            sequence = round(stamp_ns * self._rate / NANOSECONDS)
        self.counter.add(sequence)
        self._serialized = data, stamp_ns
        return sequence

    def has(self, sequence: int) -> bool:
        """Whether the message of that number has come (lockstep); -1 needs none."""
        return self._newest >= sequence

    def select(self, sequence: int) -> None:
        """Makes the message of that number the newest, as a step needs it (lockstep)."""
        while self._waiting and self._waiting[0][0] <= sequence:
            self._message = self._waiting.popleft()[1]

    def first_waiting_ns(self) -> int | None:
        """Stamp [ns] of the oldest message that no step has used yet (lockstep); None where there is none."""
        return to_ns(self._waiting[0][1].header.stamp) if self._waiting else None

    @property
    def stamp_ns(self) -> int | None:
        """Stamp of the newest message [ns]; None before the first."""
        if self._serialized is not None:
            return self._serialized[1]
        return None if self._message is None else to_ns(self._message.header.stamp)

    def signal(self) -> Signal | None:
        """The newest message as a signal, decoded at its first use; None before the first.

        One thread may read while another puts messages in, but for serialized ones.
        """
        if self._serialized is not None and self._serialized[0] is not self._read_from:
            self._message, self._read_from = self._read(self._serialized[0]), self._serialized[0]
        message = self._message
        if message is None:
            return None
        if self._decoded[0] is not message:
            self._decoded = message, decode(message)
        return self._decoded[1]
