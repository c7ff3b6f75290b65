"""The OWL wire format of PhaseSpace's servers: headers, records, and how a packet's content is taken apart.

Little endian. A packet is a 16-byte header and `size` bytes of content:

| offset | type | meaning |
|---|---|---|
| 0 | u16 | id: number of the stream in the server's name table |
| 2 | u8 | type, see `PacketType` |
| 3 | u8 | checksum: the first 8 bytes sum to 0 modulo 256 |
| 4 | u32 | size of the content [bytes] |
| 8 | i64 | server time [ticks of the time base, 1 µs] |

A FRAME's content is packets again (markers, rigid bodies), each with a header of its own. Positions are in mm,
quaternions scalar first; a condition <= 0 marks what the cameras have lost.

Source: the published figures of libowl2's protocol 2. They do not say how a frame nests its records nor how the text of
tables and options is laid out; what is here for those two is our choice, in `PacketType.BYTE` and FRAME alone.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

import numpy as np

HEADER = struct.Struct("<HBBIq")
TIME_BASE_HZ = 1_000_000
"""Ticks of server time a second."""
MAX_CONTENT = 1 << 16
"""Longest content [bytes] that is believed: 2000 markers; a larger size is a broken header."""
MAX_DEPTH = 2
"""Packets inside a frame hold no packets themselves."""
PROTOCOL = 2

MARKER = np.dtype([("id", "<u4"), ("flags", "<u4"), ("time", "<i8"), ("position", "<f4", (3,)), ("condition", "<f4")])
"""32 bytes: position (x, y, z) [mm]; condition > 0: seen, smaller is better."""
RIGID = np.dtype([("id", "<u4"), ("flags", "<u4"), ("time", "<i8"), ("pose", "<f4", (7,)), ("condition", "<f4")])
"""48 bytes: pose (x, y, z) [mm] and quaternion (w, x, y, z)."""
CAMERA = np.dtype([("id", "<u4"), ("flags", "<u4"), ("pose", "<f4", (7,)), ("condition", "<f4")])
"""40 bytes: pose as in `RIGID`."""


class PacketType(enum.IntEnum):
    """Types of content. BYTE is ASCII text of `key=value` words, separated by blanks."""

    BYTE = 1
    INT = 2
    FLOAT = 3
    FRAME = 0x80
    CAMERA = 0x81
    MARKER = 0x84
    RIGID = 0x85


class StreamId(enum.IntEnum):
    """Ids that our server gives its streams; a client goes by the types, not by these."""

    OPTIONS = 0
    TYPES = 1
    NAMES = 2
    FRAMES = 3
    MARKERS = 4
    RIGIDS = 5
    CAMERAS = 6


RECORDS: dict[int, np.dtype] = {PacketType.CAMERA: CAMERA, PacketType.MARKER: MARKER, PacketType.RIGID: RIGID}
NUMBERS: dict[int, np.dtype] = {PacketType.INT: np.dtype("<i4"), PacketType.FLOAT: np.dtype("<f4")}
_PLAIN = bytes(c for c in range(128) if chr(c).isprintable() or chr(c).isspace())
_RESUME = [int(PacketType.FRAME), int(PacketType.BYTE)]


class PacketError(ValueError):
    """A packet that is refused; `cause` is one of `CAUSES`."""

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(f"{cause}: {text}")
        self.cause = cause


CAUSES = ("checksum", "oversized", "truncated", "malformed")


@dataclass(frozen=True)
class Header:
    """A packet's header; `time` in ticks of `TIME_BASE_HZ`."""

    id: int
    type: int
    size: int
    time: int


@dataclass(frozen=True)
class Packet:
    """A packet whose content has been checked.

    Attributes:
        header: its header.
        text: of a BYTE packet, else "".
        values: of an INT or FLOAT packet (n,), of CAMERA, MARKER or RIGID (n,) records; None for the others.
        children: the packets of a FRAME.
    """

    header: Header
    text: str = ""
    values: np.ndarray | None = None
    children: tuple[Packet, ...] = ()


def checksum(head: bytes) -> int:
    """The checksum byte that makes 8 bytes sum to 0 modulo 256; the one at offset 3 is left out of the sum."""
    return -(sum(head[:3]) + sum(head[4:8])) & 0xFF


def pack(kind: int, content: bytes, time: int = 0, stream: int = 0) -> bytes:
    """A packet's bytes; `time` in ticks of `TIME_BASE_HZ`."""
    head = HEADER.pack(stream, kind, 0, len(content), time)
    return head[:3] + bytes([checksum(head)]) + head[4:] + content


def pack_text(text: str, time: int = 0, stream: int = StreamId.OPTIONS) -> bytes:
    """A packet of text, as both sides say options and requests with."""
    return pack(PacketType.BYTE, text.encode("ascii"), time, stream)


def pack_frame(time: int, markers: np.ndarray, rigids: np.ndarray | None = None) -> bytes:
    """A frame of (n,) `MARKER` records and, if given, (m,) `RIGID` records; `time` in ticks of `TIME_BASE_HZ`."""
    content = pack(PacketType.MARKER, markers.tobytes(), time, StreamId.MARKERS)
    if rigids is not None:
        content += pack(PacketType.RIGID, rigids.tobytes(), time, StreamId.RIGIDS)
    return pack(PacketType.FRAME, content, time, StreamId.FRAMES)


def read_header(data: bytes, offset: int = 0) -> Header:
    """The header at `offset`.

    Raises:
        PacketError: too few bytes, wrong checksum, or a size beyond `MAX_CONTENT`.
    """
    if len(data) - offset < HEADER.size:
        raise PacketError("truncated", f"{len(data) - offset} bytes are no header")
    if sum(data[offset : offset + 8]) & 0xFF:
        raise PacketError("checksum", "the header's first 8 bytes do not sum to 0")
    stream, kind, _, size, time = HEADER.unpack_from(data, offset)
    if size > MAX_CONTENT:
        raise PacketError("oversized", f"{size} bytes of content")
    return Header(stream, kind, size, time)


def read_content(header: Header, content: bytes, depth: int = 1) -> Packet:
    """Takes a packet's content apart. A type that is not known is passed on without content.

    Raises:
        PacketError: the content does not fit its type.
    """
    kind = header.type
    if kind == PacketType.FRAME:
        if depth >= MAX_DEPTH:
            raise PacketError("malformed", "a frame within a frame")
        return Packet(header, children=tuple(_children(content, depth)))
    if (dtype := RECORDS.get(kind) or NUMBERS.get(kind)) is not None:
        if len(content) % dtype.itemsize:
            raise PacketError("malformed", f"{len(content)} bytes are no whole number of {dtype.itemsize}-byte records")
        return Packet(header, values=np.frombuffer(content, dtype))
    if kind == PacketType.BYTE:
        text = content.rstrip(b"\0")
        if not text or text.translate(None, _PLAIN):
            raise PacketError("malformed", "text that is empty or not plain ASCII")
        return Packet(header, text=text.decode("ascii"))
    if kind == 0:
        raise PacketError("malformed", "type 0: zeros where a header should be")
    return Packet(header)


def read_packet(data: bytes) -> Packet:
    """The packet that `data` is, whole, as in a datagram.

    Raises:
        PacketError: it is not exactly one packet.
    """
    header = read_header(data)
    if len(data) - HEADER.size < header.size:
        raise PacketError("truncated", f"{len(data) - HEADER.size} of {header.size} bytes of content")
    if len(data) - HEADER.size > header.size:
        raise PacketError("oversized", f"{len(data) - HEADER.size} bytes of content instead of {header.size}")
    return read_content(header, data[HEADER.size :])


def _children(content: bytes, depth: int) -> list[Packet]:
    found, offset = [], 0
    while offset < len(content):
        header = read_header(content, offset)
        end = offset + HEADER.size + header.size
        if end > len(content):
            raise PacketError("truncated", "a record list goes beyond its frame")
        found.append(read_content(header, content[offset + HEADER.size : end], depth + 1))
        offset = end
    return found


def options(text: str) -> dict[str, str]:
    """The `key=value` words of a text; a word without "=" has the value ""."""
    return {key: value for key, _, value in (word.partition("=") for word in text.split())}


def find_headers(data: bytes, start: int) -> tuple[list[int], int]:
    """Offsets of all plausible headers at or after `start`, of a frame or a text: what they hold can be checked.

    Returns:
        The offsets, and where to go on once more bytes have come: the first at which a header could still begin.
    """
    until = max(start, len(data) - HEADER.size + 1)
    if until == start:
        return [], start
    window = np.frombuffer(data, np.uint8, offset=start)
    total = np.concatenate([[0], np.cumsum(window, dtype=np.int64)])
    count = until - start
    good = (total[8 : 8 + count] - total[:count]) % 256 == 0
    good &= np.isin(window[2 : 2 + count], _RESUME)
    sizes = sum(window[4 + i : 4 + i + count].astype(np.int64) << (8 * i) for i in range(4))
    good &= (sizes > 0) & (sizes <= MAX_CONTENT)
    return (start + np.flatnonzero(good)).tolist(), until
