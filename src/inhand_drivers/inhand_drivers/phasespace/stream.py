"""Bytes as they come from a socket into packets: whatever is wrong is counted and left out, never raised."""

from __future__ import annotations

from collections import Counter

from inhand_drivers.phasespace.packets import (
    CAUSES,
    HEADER,
    Packet,
    PacketError,
    find_header,
    read_content,
    read_header,
    read_packet,
)


class PacketStream:
    """Packets out of a stream of bytes (TCP) or out of datagrams (UDP).

    After a broken packet in a stream nobody knows where the next one begins, for its size may be what is broken:
    reading goes on at the next bytes that look like a header. What is skipped on the way counts as one refusal.

    Attributes:
        packets: accepted so far.
        refused: number of refused packets by cause, all of `CAUSES`.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.refused: Counter[str] = Counter(dict.fromkeys(CAUSES, 0))
        self._buffer = bytearray()
        self._lost = False

    def feed(self, data: bytes) -> list[Packet]:
        """Takes bytes of a stream; returns the packets that they complete."""
        self._buffer += data
        view, offset, found = bytes(self._buffer), 0, []
        while True:
            offset = find_header(view, offset) if self._lost else offset
            if len(view) - offset < HEADER.size:
                break
            try:
                header = read_header(view, offset)
                end = offset + HEADER.size + header.size
                if end > len(view):
                    break
                found.append(read_content(header, view[offset + HEADER.size : end]))
                offset, self._lost = end, False
            except PacketError as error:
                self._refuse(error)
                offset += 1
        self.packets += len(found)
        del self._buffer[:offset]
        return found

    def datagram(self, data: bytes) -> list[Packet]:
        """Takes a datagram; returns its packet, or nothing where it is refused."""
        self._lost = False
        try:
            found = [read_packet(data)]
        except PacketError as error:
            self._refuse(error)
            return []
        self.packets += 1
        return found

    def end(self) -> None:
        """The stream has ended: what is left of it is a packet that was cut off."""
        if self._buffer:
            self._refuse(PacketError("truncated", "the stream ended within a packet"))
        self._buffer.clear()
        self._lost = False

    @property
    def refused_total(self) -> int:
        """Number of packets refused."""
        return sum(self.refused.values())

    def _refuse(self, error: PacketError) -> None:
        if not self._lost:
            self.refused[error.cause] += 1
        self._lost = True
