"""The wire format: sizes, checksum, round trips, and what the parser makes of broken input."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from phasespace_wire import frame, records

from inhand_drivers.phasespace.packets import (
    CAMERA,
    HEADER,
    MARKER,
    MAX_CONTENT,
    RIGID,
    PacketError,
    PacketType,
    checksum,
    options,
    pack,
    pack_frame,
    pack_text,
    read_packet,
)
from inhand_drivers.phasespace.stream import PacketStream


def test_sizes_are_those_of_the_wire() -> None:
    assert (HEADER.size, MARKER.itemsize, RIGID.itemsize, CAMERA.itemsize) == (16, 32, 48, 40)


def test_a_header_by_hand() -> None:
    data = pack(PacketType.INT, struct.pack("<ii", 7, -1), time=258, stream=513)
    assert (
        data[:2] == b"\x01\x02" and data[2] == 2 and data[4:8] == b"\x08\0\0\0" and data[8:16] == b"\x02\x01" + bytes(6)
    )
    assert data[3] == 256 - (1 + 2 + 2 + 8)
    assert sum(data[:8]) % 256 == 0


def test_every_type_comes_back_as_it_was_packed() -> None:
    rigids = np.zeros(2, RIGID)
    rigids["pose"] = np.arange(14, dtype="f4").reshape(2, 7)
    packet = read_packet(pack_frame(42, records(5), rigids))
    markers, bodies = packet.children
    assert packet.header.time == 42 and np.array_equal(markers.values, records(5))
    assert np.array_equal(bodies.values, rigids)
    assert read_packet(pack_text("a=1 b")).text == "a=1 b"
    assert read_packet(pack(PacketType.FLOAT, np.float32([1.5]).tobytes())).values.tolist() == [1.5]
    assert read_packet(pack(PacketType.CAMERA, np.zeros(3, CAMERA).tobytes())).values.size == 3
    assert options("a=1 b c=x=y") == {"a": "1", "b": "", "c": "x=y"}


def test_a_type_that_is_not_known_is_passed_over() -> None:
    packet = read_packet(pack(0x93, b"whatever"))
    assert packet.values is None and packet.text == "" and packet.children == ()


def broken(cause: str) -> bytes:
    """A packet that must be refused for that cause."""
    good = frame(1)
    match cause:
        case "checksum":
            return good[:3] + bytes([good[3] ^ 1]) + good[4:]
        case "oversized":
            head = HEADER.pack(0, PacketType.BYTE, 0, MAX_CONTENT + 1, 0)
            return head[:3] + bytes([checksum(head)]) + head[4:] + b"x" * 10
        case "truncated":
            return good[:-5]
    return pack(PacketType.MARKER, b"x" * 33)


@pytest.mark.parametrize("cause", ["checksum", "oversized", "truncated", "malformed"])
def test_a_broken_datagram_is_refused_by_its_cause(cause: str) -> None:
    with pytest.raises(PacketError) as error:
        read_packet(broken(cause))
    assert error.value.cause == cause
    stream = PacketStream()
    assert stream.datagram(broken(cause)) == []
    assert stream.refused[cause] == 1 == stream.refused.total()


@pytest.mark.parametrize(
    "content",
    [
        frame(1)[:-7],  # the records go beyond the frame
        frame(1)[16:-1],
        pack_frame(1, records(1)),  # a frame within a frame
        b"\0" * 16 + b"x",
    ],
)
def test_a_frame_with_broken_content_is_refused(content: bytes) -> None:
    with pytest.raises(PacketError):
        read_packet(pack(PacketType.FRAME, content))


@pytest.mark.parametrize("cause", ["checksum", "oversized", "malformed"])
def test_a_stream_loses_none_of_the_good_packets_around_a_broken_one(cause: str) -> None:
    stream = PacketStream()
    data = frame(1) + frame(2) + broken(cause) + frame(3) + frame(4)
    got = [p.header for i in range(0, len(data), 7) for p in stream.feed(data[i : i + 7])]
    assert [header.time for header in got if header.type == PacketType.FRAME] == [1, 2, 3, 4]
    assert stream.refused[cause] >= 1


@pytest.mark.parametrize("missing", [5, 16, 17, 300, 570])
def test_a_packet_that_ends_early_costs_at_most_the_next_one(missing: int) -> None:
    """In a stream the next packet's first bytes stand where the missing ones should."""
    stream = PacketStream()
    got = [p.header.time for p in stream.feed(frame(1) + frame(2)[:-missing] + frame(3) + frame(4))]
    assert got[0] == 1 and got[-1] == 4


def test_a_stream_may_be_cut_anywhere() -> None:
    data = b"".join(frame(t) for t in range(1, 6))
    for size in (1, 15, 16, 17, 100, len(data)):
        stream = PacketStream()
        got = [p.header.time for i in range(0, len(data), size) for p in stream.feed(data[i : i + size])]
        assert got == [1, 2, 3, 4, 5] and stream.packets == 5


def test_the_end_of_a_stream_within_a_packet_is_counted_once() -> None:
    stream = PacketStream()
    assert len(stream.feed(frame(1) + frame(2)[:30])) == 1
    stream.end()
    stream.end()
    assert stream.refused == {"checksum": 0, "oversized": 0, "truncated": 1, "malformed": 0}
    assert [p.header.time for p in stream.feed(frame(3))] == [3]


def test_a_flood_of_noise_is_one_refusal_and_soon_over() -> None:
    stream = PacketStream()
    noise = random.Random(0).randbytes(300_000)
    for start in range(0, len(noise), 4096):
        stream.feed(noise[start : start + 4096])
    stream.feed(bytes(2 * MAX_CONTENT))
    assert frame(5)[16:] not in noise and stream.refused.total() >= 1
    assert [p.header.time for p in stream.feed(frame(5))] == [5]


def header(kind: int, size: int) -> bytes:
    """A header alone, of a packet that says to be so long."""
    return pack(kind, bytes(size))[: HEADER.size]


HOSTILE = {
    "frames within each other": header(PacketType.FRAME, 60_000) * 6_000,
    "texts within each other that break at their ends": header(PacketType.BYTE, 60_000) * 6_000,
    "text over text": (header(PacketType.BYTE, 4096)[:8] + b"a" * 8) * 8_000 + b"\xff" * 4096,
    "good ones between": (header(PacketType.FRAME, 60_000) + pack_text("x")) * 4_000,
    "zeros": bytes(200_000),
    "the same header over and over": header(PacketType.FRAME, 16) * 10_000,
    "noise": random.Random(3).randbytes(200_000),
    "small packets": pack_text("x") * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("piece", [64, 1400, 65_536])
def test_a_byte_costs_no_more_than_a_few_looks_whatever_comes(name: str, piece: int) -> None:
    """By the count of bytes that are read or searched, which no busy machine changes."""
    data, stream = HOSTILE[name], PacketStream()
    for start in range(0, len(data), piece):
        stream.feed(data[start : start + piece])
    assert stream.looked_at <= 8 * len(data) + 8 * MAX_CONTENT
    for _ in range(MAX_CONTENT // len(frame(7)) + 2):  # what was waited for in vain is given up
        got = stream.feed(frame(7))
    assert [packet.header.time for packet in got] == [7]


def test_a_good_packet_that_lies_within_a_broken_one_is_found() -> None:
    inside = frame(1) + frame(2) + frame(3)
    broken_one = header(PacketType.FRAME, len(inside) - 5)
    got = PacketStream().feed(broken_one + inside + frame(4))
    assert [packet.header.time for packet in got] == [1, 2, 3, 4]
