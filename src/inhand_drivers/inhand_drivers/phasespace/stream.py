"""Bytes as they come from a socket into packets: whatever is wrong is counted and left out, never raised."""

from __future__ import annotations

from collections import Counter, deque

from inhand_drivers.phasespace.packets import (
    CAUSES,
    HEADER,
    MAX_CONTENT,
    Packet,
    PacketError,
    find_headers,
    read_content,
    read_header,
    read_packet,
)

OVERLAP = 4
"""Bytes of packets that turn out broken which are looked at, for each byte that comes."""


class PacketStream:
    """Packets out of a stream of bytes (TCP) or out of datagrams (UDP).

    After a broken packet in a stream nobody knows where the next one begins, for its size may be what is broken:
    reading goes on at the next bytes that look like a header. What is skipped on the way counts as one refusal.

    Whatever comes, a byte costs a bounded time: headers are looked for once in each place, and of broken packets that
    lie over each other no more than `OVERLAP` times the bytes that came are read; beyond that they are skipped whole.

    Attributes:
        packets: accepted so far.
        refused: number of refused packets by cause, all of `CAUSES`.
        looked_at: bytes that were read as a packet's content or searched for a header, to judge the cost.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.refused: Counter[str] = Counter(dict.fromkeys(CAUSES, 0))
        self.looked_at = 0
        self._buffer = bytearray()
        self._lost = False
        self._begin = 0  # place of the buffer's first byte in the stream
        self._needed = HEADER.size  # bytes in the buffer, below which there is nothing to do
        self._searched = 0  # places of the stream before this one are known
        self._headers: deque[int] = deque()  # those of them at which a header may begin
        self._room = OVERLAP * MAX_CONTENT

    def feed(self, data: bytes) -> list[Packet]:
        """Takes bytes of a stream; returns the packets that they complete."""
        self._buffer += data
        self._room = min(self._room + OVERLAP * len(data), OVERLAP * MAX_CONTENT)
        if len(self._buffer) < self._needed:
            return []
        view, offset, found = bytes(self._buffer), 0, []
        while True:
            offset = self._next_header(view, offset) if self._lost else offset
            self._needed = HEADER.size
            if len(view) - offset < HEADER.size:
                break
            end = offset + 1
            try:
                header = read_header(view, offset)
                behind = offset + HEADER.size + header.size
                if behind > len(view):
                    self._needed = behind - offset
                    break
                end = self._end_if_broken(offset, behind)
                found.append(read_content(header, view[offset + HEADER.size : behind]))
                self._room += header.size
                offset, self._lost = behind, False
            except PacketError as error:
                self._refuse(error)
                offset = end
        self.packets += len(found)
        del self._buffer[:offset]
        self._begin += offset
        return found

    def _end_if_broken(self, offset: int, behind: int) -> int:
        """Where reading goes on should the packet from `offset` to `behind` be broken; takes its bytes into account."""
        self.looked_at += behind - offset
        self._room -= behind - offset - HEADER.size
        return offset + 1 if self._room > 0 else behind

    def _next_header(self, view: bytes, offset: int) -> int:
        """The first place at or after `offset` at which a header may begin, or at which one still could."""
        place = self._begin + offset
        while self._headers and self._headers[0] < place:
            self._headers.popleft()
        if not self._headers:
            start = max(offset, self._searched - self._begin)
            found, until = find_headers(view, start)
            self.looked_at += until - start
            self._headers.extend(self._begin + at for at in found)
            self._searched = self._begin + until
        return self._headers[0] - self._begin if self._headers else max(offset, self._searched - self._begin)

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
        self._begin += len(self._buffer)
        self._buffer.clear()
        self._headers.clear()
        self._needed, self._lost = HEADER.size, False

    def _refuse(self, error: PacketError) -> None:
        if not self._lost:
            self.refused[error.cause] += 1
        self._lost = True
