"""The OWL packet parser, the driver behind it, and the server's side of a session, as fuzz targets."""

from __future__ import annotations

import numpy as np

from inhand_core.fuzzing import Target
from inhand_core.times import NANOSECONDS
from inhand_drivers.phasespace.config import load
from inhand_drivers.phasespace.converter import FrameConverter
from inhand_drivers.phasespace.frames import frame_of
from inhand_drivers.phasespace.packets import (
    CAMERA,
    HEADER,
    MARKER,
    RIGID,
    TIME_BASE_HZ,
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


def driver() -> Target:
    """Frames that are mutated within a good stream, as far as what the driver publishes, which must stay a message."""
    markers = np.zeros(17, MARKER)
    markers["id"], markers["condition"] = np.arange(17), 1.0
    period, start_ns = TIME_BASE_HZ // 240, 1_700_000_000 * NANOSECONDS
    config = load()
    seeds = tuple(pack_frame(tick * period, markers[:count]) for tick, count in ((4, 17), (5, 0), (9, 1)))

    def parse(data: bytes) -> None:
        stream, converter = PacketStream(), FrameConverter(config)
        pieces = [pack_frame(n * period, markers) for n in range(4)] + [data] + [pack_frame(10 * period, markers)] * 2
        last = -1, -1
        for number, piece in enumerate(pieces):
            for frame in filter(None, map(frame_of, stream.feed(piece))):
                out = converter.convert(frame, start_ns + number * period * NANOSECONDS // TIME_BASE_HZ)
                if out is None:
                    continue
                if not (last[0] < out.sequence < 1 << 63 and last[1] < out.stamp_ns < (1 << 31) * NANOSECONDS):
                    raise AssertionError(f"number {out.sequence}, stamp {out.stamp_ns} after {last}")
                if not np.isfinite(out.markers.position).all():
                    raise AssertionError("a position that is not finite")
                last = out.sequence, out.stamp_ns

    return Target(seeds, parse, repair=repair)


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
