"""Serialized messages as they are on the wire: stamp and sequence number read without deserializing."""

from __future__ import annotations

import struct
from typing import NamedTuple

from inhand_ros.codecs import NANOSECONDS

_ENCAPSULATION = 4  # bytes of CDR's own header; alignment counts from behind it


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


def read_header(data: bytes) -> tuple[int, int]:
    """Stamp [ns] and sequence number of a message that begins with `std_msgs/Header header` and `uint64 sequence`.

    The sequence number of a message without that field means nothing, and is -1 where the message is too short.
    Plain CDR, either byte order, is read (what rmw implementations write for messages of fixed structure).
    """
    order = "<" if data[1] & 1 else ">"
    seconds, nanoseconds, length = struct.unpack_from(f"{order}iII", data, _ENCAPSULATION)
    after = 12 + length
    start = _ENCAPSULATION + after + (-after) % 8
    sequence = struct.unpack_from(f"{order}Q", data, start)[0] if len(data) >= start + 8 else -1
    return seconds * NANOSECONDS + nanoseconds, sequence
