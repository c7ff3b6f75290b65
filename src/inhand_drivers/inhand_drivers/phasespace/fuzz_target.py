"""The OWL packet parser, and the server's side of a session, as targets of `inhand_drivers.fuzz`."""

from __future__ import annotations

import numpy as np

from inhand_drivers.fuzz import Target
from inhand_drivers.phasespace.packets import (
    CAMERA,
    HEADER,
    MARKER,
    RIGID,
    PacketError,
    PacketType,
    checksum,
    pack,
    pack_frame,
    pack_text,
    read_packet,
)
from inhand_drivers.phasespace.session import Capture, Session
from inhand_drivers.phasespace.stream import PacketStream


def target() -> Target:
    """Whole packets; each is parsed as a datagram and, in front of a good packet, as a piece of a stream."""
    markers, rigids = np.zeros(17, MARKER), np.zeros(2, RIGID)
    markers["id"], markers["condition"] = np.arange(17), 1.0
    good = pack_frame(12345, markers)
    seeds = (
        good,
        pack_frame(99, markers[:1], rigids),
        pack_text("opened=1 protocol=2"),
        pack(PacketType.CAMERA, np.zeros(3, CAMERA).tobytes()),
        pack(PacketType.INT, np.arange(4, dtype="<i4").tobytes()),
        pack(PacketType.FLOAT, np.ones(4, "<f4").tobytes()),
    )

    def parse(data: bytes) -> None:
        stream = PacketStream()
        for start in range(0, len(data), 100):
            stream.feed(data[start : start + 100])
        stream.feed(good)
        stream.end()
        read_packet(data)

    return Target(seeds, parse, (PacketError,), repair)


def requests() -> Target:
    """Requests of a client, to a session that has heard the right ones before."""
    before = [pack_text(text) for text in ("protocol=2", "initialize slave=0 frequency=240 profile=default")]
    seeds = (*before, *(pack_text(text) for text in ("streaming=2 udp=9000", "streaming=1", "done=1")))

    def parse(data: bytes) -> None:
        session = Session(Capture(960.0, ("default",)))
        for request in before:
            session.receive(request)
        session.receive(data)
        session.receive(seeds[0])

    return Target(seeds, parse, repair=repair)


def repair(data: bytes) -> bytes:
    """The same with a right size and checksum in the first header, where there is room for one."""
    if len(data) < HEADER.size:
        return data
    head = data[:4] + (len(data) - HEADER.size).to_bytes(4, "little")
    return head[:3] + bytes([checksum(head)]) + head[4:] + data[8:]
