"""Stamp and sequence number of serialized messages, read without deserializing them."""

from __future__ import annotations

import struct
from typing import Any

from inhand_core.times import NANOSECONDS, seconds

_ENCAPSULATION = 4  # bytes of CDR's own header; alignment counts from behind it


class ShortMessage(ValueError):
    """A serialized message that is too short for what its type begins with, or no plain CDR."""


def _order(data: bytes) -> str:
    if len(data) < _ENCAPSULATION:
        raise ShortMessage(f"a message of {len(data)} bytes is no CDR")
    if data[0] or data[1] > 1:
        raise ShortMessage(f"a message of representation {data[:2].hex()} is not plain CDR")
    return "<" if data[1] & 1 else ">"


def stamp_ns(stamp: Any) -> int:
    """Nanoseconds of a builtin_interfaces/Time, or of any object with its fields."""
    return stamp.sec * NANOSECONDS + stamp.nanosec


def stamp_seconds(stamp: Any) -> float:
    """Seconds of a builtin_interfaces/Time, or of any object with its fields."""
    return stamp.sec + seconds(stamp.nanosec)


def stamp_of(data: bytes) -> int:
    """Stamp [ns] of a message that begins with a std_msgs/Header, or with a builtin_interfaces/Time.

    Raises:
        ShortMessage: there is none.
    """
    order = _order(data)
    if len(data) < _ENCAPSULATION + 8:
        raise ShortMessage(f"a message of {len(data)} bytes has no stamp")
    seconds, nanoseconds = struct.unpack_from(f"{order}iI", data, _ENCAPSULATION)
    return seconds * NANOSECONDS + nanoseconds


def read_header(data: bytes) -> tuple[int, int]:
    """Stamp [ns] and sequence number of a message that begins with `std_msgs/Header header` and `uint64 sequence`.

    The sequence number of a message without that field means nothing, and is -1 where the message is too short.
    Plain CDR, either byte order, is read (what rmw implementations write for messages of fixed structure).

    Raises:
        ShortMessage: there is no header.
    """
    stamp, order = stamp_of(data), _order(data)
    if len(data) < _ENCAPSULATION + 12:
        raise ShortMessage(f"a message of {len(data)} bytes has no header")
    (length,) = struct.unpack_from(f"{order}I", data, _ENCAPSULATION + 8)
    after = 12 + length
    start = _ENCAPSULATION + after + (-after) % 8
    return stamp, struct.unpack_from(f"{order}Q", data, start)[0] if len(data) >= start + 8 else -1


def sequence_of(data: bytes) -> int:
    """Sequence number of a message that begins with `std_msgs/Header header` and `uint64 sequence`.

    Raises:
        ShortMessage: there is none.
    """
    sequence = read_header(data)[1]
    if sequence < 0:
        raise ShortMessage(f"a message of {len(data)} bytes has no sequence number")
    return sequence
