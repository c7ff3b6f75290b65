"""EtherCAT frames (IEC 61158-4-12): an Ethernet header, then datagrams, each with its own working counter."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass

ETHERTYPE = 0x88A4
ETHERNET_HEADER = 14
_LENGTH = struct.Struct("<H")  # bits 0-10 length of all datagrams, 12-15 type 1
_DATAGRAM = struct.Struct("<BBIHH")  # command, index, address, length and flags, interrupt
_COUNTER = struct.Struct("<H")
_LENGTH_MASK, _MORE, _TYPE_COMMANDS = 0x07FF, 0x8000, 1
_LOCALLY_ADMINISTERED = 0x02


class FrameError(ValueError):
    """Bytes that are no EtherCAT frame; a slave lets them pass unchanged."""


class Cmd(enum.IntEnum):
    """Commands of a datagram: auto-increment (AP), configured (FP), broadcast (B) and logical (L) addressing."""

    NOP = 0
    APRD = 1
    APWR = 2
    APRW = 3
    FPRD = 4
    FPWR = 5
    FPRW = 6
    BRD = 7
    BWR = 8
    BRW = 9
    LRD = 10
    LWR = 11
    LRW = 12
    ARMW = 13
    FRMW = 14


@dataclass(frozen=True)
class Datagram:
    """One datagram: where its header and data lie in the frame, command and 32-bit address."""

    header: int
    command: Cmd
    address: int
    start: int
    length: int

    @property
    def counter(self) -> int:
        """Where its working counter lies."""
        return self.start + self.length


def datagrams(frame: bytearray) -> Iterator[Datagram]:
    """The datagrams of a frame, in order.

    Raises:
        FrameError: truncated, of another type, or with an unknown command.
    """
    if len(frame) < ETHERNET_HEADER + _LENGTH.size or frame[12:14] != ETHERTYPE.to_bytes(2, "big"):
        raise FrameError("not an EtherCAT frame")
    (word,) = _LENGTH.unpack_from(frame, ETHERNET_HEADER)
    start = ETHERNET_HEADER + _LENGTH.size
    end = start + (word & _LENGTH_MASK)
    if word >> 12 != _TYPE_COMMANDS or end > len(frame):
        raise FrameError("not of type 1, or shorter than it says")
    more = True
    while more:
        if start + _DATAGRAM.size > end:
            raise FrameError("a datagram is missing")
        command, _, address, size, _ = _DATAGRAM.unpack_from(frame, start)
        length, more = size & _LENGTH_MASK, bool(size & _MORE)
        data = start + _DATAGRAM.size
        if command not in Cmd.__members__.values() or data + length + _COUNTER.size > end:
            raise FrameError("unknown command, or a datagram beyond the frame's end")
        yield Datagram(start, Cmd(command), address, data, length)
        start = data + length + _COUNTER.size


def add_to_counter(frame: bytearray, datagram: Datagram, amount: int) -> None:
    """Adds to a datagram's working counter, modulo 2^16."""
    (count,) = _COUNTER.unpack_from(frame, datagram.counter)
    _COUNTER.pack_into(frame, datagram.counter, (count + amount) & 0xFFFF)


def set_address(frame: bytearray, datagram: Datagram, address: int) -> None:
    """Replaces a datagram's address, as each slave does with auto-increment and broadcast addresses."""
    struct.pack_into("<I", frame, datagram.header + 2, address & 0xFFFFFFFF)


def mark_as_answered(frame: bytearray) -> None:
    """Sets the bit in the source address by which slave controllers tell their frames from the master's."""
    frame[6] |= _LOCALLY_ADMINISTERED


def build(items: list[tuple[Cmd, int, bytes]], index: int = 0) -> bytearray:
    """A frame as a master sends it: (command, address, data) of each datagram, working counters 0."""
    body = bytearray()
    for number, (command, address, data) in enumerate(items):
        size = len(data) | (_MORE if number + 1 < len(items) else 0)
        body += _DATAGRAM.pack(command, index, address, size, 0) + data + bytes(2)
    head = b"\xff" * 6 + b"\x01" * 6 + ETHERTYPE.to_bytes(2, "big")
    return bytearray(head + _LENGTH.pack(len(body) | _TYPE_COMMANDS << 12) + body).ljust(60, b"\0")


def results(frame: bytearray) -> list[tuple[bytes, int]]:
    """(data, working counter) of each datagram of an answered frame."""
    return [(bytes(frame[d.start : d.counter]), _COUNTER.unpack_from(frame, d.counter)[0]) for d in datagrams(frame)]
