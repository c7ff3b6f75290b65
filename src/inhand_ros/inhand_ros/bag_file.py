"""One MCAP file of a bag, which stays readable whatever happens to the disk.

The MCAP library writes chunks. After each chunk this file remembers where it ended; when a write fails, it is cut back
to there and given a plain ending (no index: 50 bytes), which rosbags, mcap, `ros2 bag` and Foxglove read by scanning.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

Compression = Literal["none", "lz4", "zstd"]
_COMPRESSIONS = {"none": CompressionType.NONE, "lz4": CompressionType.LZ4, "zstd": CompressionType.ZSTD}
_REMEMBERED = 16  # chunk ends that a cut can go back to
_DATA_END = struct.pack("<BQI", 0x0F, 4, 0)
_FOOTER = struct.pack("<BQQQ", 0x02, 20, 0, 0)
ENDING = _DATA_END + _FOOTER + struct.pack("<I", zlib.crc32(_FOOTER)) + MCAP0_MAGIC


@dataclass(frozen=True)
class Channel:
    """A topic: number within the file's bag, type "package/msg/Name", its definition, QoS as YAML."""

    topic: str
    kind: str
    definition: str
    qos: str


@dataclass
class Extent:
    """What a file holds: messages by topic, time of the first and of the last [ns]."""

    counts: dict[str, int] = field(default_factory=dict)
    first_ns: int = 0
    last_ns: int = 0

    def add(self, topic: str, log_ns: int) -> None:
        """Counts one message."""
        self.first_ns = min(self.first_ns, log_ns) if self.counts else log_ns
        self.last_ns = max(self.last_ns, log_ns)
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def copy(self) -> Extent:
        """The same, by itself."""
        return Extent(dict(self.counts), self.first_ns, self.last_ns)


class _WholeWrites:
    """A file whose writes happen as a whole or, when they fail, not at all."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self.position = 0

    def write(self, data: bytes) -> int:
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            self.cut(self.position)
            raise
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        """Nothing waits in here."""

    def cut(self, length: int) -> None:
        self._file.truncate(length)
        self._file.seek(length)
        self.position = length

    def close(self) -> None:
        try:
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


class BagFile:
    """An MCAP file under construction.

    Args:
        path: the file, which must not exist.
        compression: of chunks.

    Attributes:
        extent: what was written, as far as it counts: after a failure, what could be kept.
    """

    def __init__(self, path: Path, compression: Compression) -> None:
        self.path = path
        self.extent = Extent()
        self._stream = _WholeWrites(path)
        self._writer = Writer(self._stream, compression=_COMPRESSIONS[compression])
        self._writer.start(profile="ros2", library="inhand_ros")
        self._ends: deque[tuple[int, Extent]] = deque([(self._stream.position, Extent())], _REMEMBERED)
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._open = True

    @property
    def size(self) -> int:
        """Bytes in the file, without the chunk under construction."""
        return self._stream.position

    def write(self, channel: Channel, log_ns: int, publish_ns: int, sequence: int, data: bytes) -> None:
        """Adds a message.

        Raises:
            OSError: the disk refuses; the file has been ended before the messages that no longer fit.
        """
        before = self._stream.position
        try:
            if channel.topic not in self._channels:
                self._register(channel)
            self._writer.add_message(self._channels[channel.topic], log_ns, data, publish_ns, sequence)
        except OSError:
            self._cut()
            raise
        self.extent.add(channel.topic, log_ns)
        if self._stream.position != before:
            self._ends.append((self._stream.position, self.extent.copy()))

    def close(self) -> None:
        """Ends the file, with an index where that still fits; safe to call twice.

        Raises:
            OSError: the disk refuses; the file has been ended before the messages that no longer fit.
        """
        if not self._open:
            return
        try:
            self._writer.finish()
        except OSError:
            self._cut()
            raise
        self._open = False
        self._stream.close()

    def _register(self, channel: Channel) -> None:
        if channel.kind not in self._schemas:
            schema = self._writer.register_schema(channel.kind, "ros2msg", channel.definition.encode())
            self._schemas[channel.kind] = schema
        metadata = {"offered_qos_profiles": channel.qos}
        number = self._writer.register_channel(channel.topic, "cdr", self._schemas[channel.kind], metadata)
        self._channels[channel.topic] = number

    def _cut(self) -> None:
        """Goes back to the newest chunk's end behind which the ending fits, and ends the file there."""
        self._open = False
        for length, extent in reversed(self._ends):
            self._stream.cut(length)
            try:
                self._stream.write(ENDING)
            except OSError:
                continue
            self.extent = extent
            break
        self._stream.close()
