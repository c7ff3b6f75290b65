"""One MCAP file of a bag, which stays readable whatever happens to the disk.

The MCAP library writes chunks. After each chunk this file remembers where it ended; when a write fails, it is cut back
to there and given a plain ending (no index: 50 bytes), which rosbags, mcap, `ros2 bag` and Foxglove read by scanning.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

from inhand_core.files import naming
from inhand_data.bag_metadata import RECORD, RECORD_KEY, Extent, TopicInfo, to_yaml

Compression = Literal["none", "lz4", "zstd"]
_COMPRESSIONS = {"none": CompressionType.NONE, "lz4": CompressionType.LZ4, "zstd": CompressionType.ZSTD}
_REMEMBERED = 16  # chunk ends that a cut can go back to
_DATA_END = struct.pack("<BQI", 0x0F, 4, 0)
_FOOTER = struct.pack("<BQQQ", 0x02, 20, 0, 0)
ENDING = _DATA_END + _FOOTER + struct.pack("<I", zlib.crc32(_FOOTER)) + MCAP0_MAGIC


@dataclass(frozen=True)
class Channel:
    """A topic with the definition of its type in MCAP's ros2msg form."""

    topic: TopicInfo
    definition: str

    @property
    def metadata(self) -> dict[str, str]:
        """What rosbag2 notes beside a channel."""
        return {"offered_qos_profiles": self.topic.qos, "topic_type_hash": self.topic.type_hash}


class _WholeWrites:
    """A file whose writes happen as a whole or, when they fail, not at all."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("xb", buffering=0)
        self.position = 0

    def write(self, data: bytes) -> int:
        try:
            view = memoryview(data)
            with naming(self._path):
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

    def sync(self) -> None:
        """What was written is on the disk when this returns."""
        os.fdatasync(self._file.fileno())

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
        self._writer = Writer(cast(IO[bytes], self._stream), compression=_COMPRESSIONS[compression])
        self._writer.start(profile="ros2", library="inhand_data")
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
        topic = channel.topic.name
        try:
            if topic not in self._channels:
                self._register(channel)
            self._writer.add_message(self._channels[topic], log_ns, data, publish_ns, sequence)
        except OSError:
            self._cut()
            raise
        self.extent.add(topic, log_ns)
        self._note_end()

    def flush(self) -> None:
        """Ends the chunk under construction, so that what was written can be read whatever happens next.

        Raises:
            OSError: the disk refuses; the file has been ended before the messages that no longer fit.
        """
        try:
            self._writer.flush()
        except OSError:
            self._cut()
            raise
        self._note_end()

    def sync(self) -> None:
        """Brings what was flushed to the disk itself, where it outlives power loss; may take long.

        Raises:
            OSError: the disk refuses, or the file has been closed meanwhile.
        """
        self._stream.sync()

    def close(self, information: Mapping[str, Any] | None = None) -> None:
        """Ends the file, with an index where that still fits; safe to call twice.

        Args:
            information: about the whole bag, kept as rosbag2's metadata record.

        Raises:
            OSError: the disk refuses; the file has been ended before the messages that no longer fit.
        """
        if not self._open:
            return
        try:
            self._writer.flush()
            self._note_end()
            if information is not None:
                self._writer.add_metadata(RECORD, {RECORD_KEY: to_yaml(dict(information))})
            self._writer.finish()
        except OSError:
            self._cut()
            raise
        self._open = False
        self._stream.close()

    def _note_end(self) -> None:
        """Remembers where a chunk has ended."""
        if self._stream.position != self._ends[-1][0]:
            self._ends.append((self._stream.position, self.extent.copy()))

    def _register(self, channel: Channel) -> None:
        topic = channel.topic
        if topic.kind not in self._schemas:
            schema = self._writer.register_schema(topic.kind, "ros2msg", channel.definition.encode())
            self._schemas[topic.kind] = schema
        number = self._writer.register_channel(topic.name, "cdr", self._schemas[topic.kind], channel.metadata)
        self._channels[topic.name] = number

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
