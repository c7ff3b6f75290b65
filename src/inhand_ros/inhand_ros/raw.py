"""Serialized messages as they are on the wire."""

from __future__ import annotations

from typing import NamedTuple


class RawMessage(NamedTuple):
    """A serialized message with the wall times [ns] at which it was written and received.

    number: the middleware's own count of this publisher's messages, -1 where it tells none; publisher: its identity.
    """

    topic: str
    data: bytes
    source_ns: int
    received_ns: int
    number: int = -1
    publisher: bytes = b""
