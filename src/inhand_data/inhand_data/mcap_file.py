"""One MCAP file, whatever became of it: by its index where it has a whole one, else by going through it.

A recorder that was killed leaves a file without index and footer, perhaps with a chunk cut in two; all whole records,
and what can be decompressed of the last chunk, are found again.
"""

from __future__ import annotations

import heapq
import os
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.reader import SeekingReader
from mcap.records import Channel, ChunkIndex, MessageIndex, Metadata, Schema
from mcap.writer import MCAP0_MAGIC

from inhand_data.chunks import HEAD, ChunkError, Message, declared, message, records, unpack_chunk

_TIMES = struct.Struct("<QQ")
_INDEXED = {Opcode.DATA_END, Opcode.FOOTER}
_MAX_RECORD = 1 << 31
_LAST_OPCODE, _PRIVATE = 0x0F, 0x80


class McapError(ValueError):
    """A file that is no MCAP at all; the message says why."""


@dataclass
class ChunkPlace:
    """Where a chunk's record is: offset and length of its content; times of its messages [ns]; messages by channel.

    `counts` is None where nothing says what is inside. A chunk that was cut off is not `whole`.
    """

    start: int
    length: int
    first_ns: int
    last_ns: int
    counts: dict[int, int] | None
    whole: bool = True


@dataclass
class Contents:
    """What a file holds.

    Attributes:
        schemas, channels: by number.
        counts: messages by channel; first_ns, last_ns: of all [ns].
        chunks: in the file's order; loose: offsets of messages outside of chunks.
        metadata: records by name.
        indexed: whether the file has a whole index; closed: whether it has an end at least.
        end: offset behind the last whole record of the data.
        problems: what is wrong with the file, in words.
    """

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    first_ns: int = 0
    last_ns: int = 0
    chunks: list[ChunkPlace] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    metadata_places: list[tuple[str, int, int]] = field(default_factory=list)
    indexed: bool = False
    closed: bool = False
    end: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, found: Message) -> None:
        """Takes a message into the counts."""
        self.span(found.log_ns, found.log_ns)
        self.counts[found.channel] += 1

    def span(self, first_ns: int, last_ns: int) -> None:
        """Takes times of messages into those of the file."""
        known = bool(self.counts)
        self.first_ns = min(self.first_ns, first_ns) if known else first_ns
        self.last_ns = max(self.last_ns, last_ns) if known else last_ns


class McapFile:
    """An open MCAP file.

    Args:
        path: the file.

    Raises:
        McapError: it does not begin as one.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._size = path.stat().st_size
        try:
            if self._file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                what = "it is empty" if not self._size else "it does not begin as an MCAP file does"
                raise McapError(f"{path}: {what}")
            self.contents = self._by_index() or self._by_scan()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def messages(self, channels: set[int], stored_order: bool = False) -> Iterator[Message]:
        """Messages of channels by the time of their reception, those of one time as they are stored.

        A chunk that cannot be read is left out, and noted in `contents.problems`.

        Args:
            channels: numbers of the channels.
            stored_order: as they are stored instead.
        """
        if stored_order:
            for place in self._places(channels):
                yield from self._read(place, channels)
            return
        waiting: list[tuple[int, int, int, ChunkPlace | int | Message]] = []
        for number, place in enumerate(self._places(channels)):
            first = place.first_ns if isinstance(place, ChunkPlace) else 0
            waiting.append((first, number, -1, place))
        heapq.heapify(waiting)
        while waiting:
            _, number, _, item = heapq.heappop(waiting)
            if isinstance(item, Message):
                yield item
                continue
            for at, found in enumerate(self._read(item, channels)):
                heapq.heappush(waiting, (found.log_ns, number, at, found))

    def _places(self, channels: set[int]) -> list[ChunkPlace | int]:
        """Where messages of the channels may be, as they are stored."""
        chunks = [c for c in self.contents.chunks if c.counts is None or channels & c.counts.keys()]
        places: list[ChunkPlace | int] = [*chunks, *self.contents.loose]
        return sorted(places, key=lambda place: place.start if isinstance(place, ChunkPlace) else place)

    def _read(self, place: ChunkPlace | int, channels: set[int]) -> Iterator[Message]:
        try:
            if isinstance(place, int):
                data = self._content(place)
                found = message(data, 0, len(data))
                if found.channel in channels:
                    yield found
                return
            data = unpack_chunk(self._content(place.start - HEAD.size, place.length), place.whole)
            for opcode, start, end in records(data):
                if opcode == Opcode.MESSAGE and (found := message(data, start, end)).channel in channels:
                    yield found
        except ChunkError as error:
            at = place if isinstance(place, int) else place.start
            text = f"{self.path.name}: at byte {at}: {error}"
            if text not in self.contents.problems:
                self.contents.problems.append(text)

    def _content(self, at: int, length: int | None = None) -> bytes:
        """Content of the record at an offset; no more than the file has."""
        self._file.seek(at)
        head = self._file.read(HEAD.size)
        if len(head) < HEAD.size:
            raise ChunkError("the file ends here")
        said = HEAD.unpack(head)[1]
        return self._file.read(min(said, length or said, self._size))

    def _by_index(self) -> Contents | None:
        """What the summary says; None where the file has none, or a broken one."""
        try:
            self._file.seek(0)
            reader = SeekingReader(self._file, record_size_limit=min(self._size, _MAX_RECORD))
            summary = reader.get_summary()
            if summary is None or summary.statistics is None or not summary.channels:
                return None
            statistics = summary.statistics
            found = Contents(dict(summary.schemas), dict(summary.channels), indexed=True)
            inside = sum(bool(chunk.message_index_offsets) for chunk in summary.chunk_indexes)
            if statistics.message_count and not inside:
                return None  # messages outside of chunks, or an index without them
            found.counts.update(statistics.channel_message_counts)
            found.first_ns, found.last_ns = statistics.message_start_time, statistics.message_end_time
            found.chunks = [self._indexed_chunk(chunk) for chunk in summary.chunk_indexes]
            for place in summary.metadata_indexes:
                record = Metadata.read(ReadDataStream(BytesIO(self._content(place.offset))))
                found.metadata[record.name] = record.metadata
                found.metadata_places.append((place.name, place.offset, place.length))
            if not set(found.counts) <= set(found.channels):
                return None
        except Exception:  # whatever a broken index makes the library raise: the file is gone through instead
            return None
        return found

    def _indexed_chunk(self, chunk: ChunkIndex) -> ChunkPlace:
        if not HEAD.size <= chunk.chunk_length <= self._size - chunk.chunk_start_offset:
            raise McapError("a chunk beyond the file")
        counts = dict.fromkeys(chunk.message_index_offsets, 0) or None
        start, length = chunk.chunk_start_offset + HEAD.size, chunk.chunk_length - HEAD.size
        return ChunkPlace(start, length, chunk.message_start_time, chunk.message_end_time, counts)

    def _by_scan(self) -> Contents:
        """Goes through the records; a chunk is decompressed only where what follows it does not say what is in it."""
        found, at = Contents(end=len(MCAP0_MAGIC)), len(MCAP0_MAGIC)
        pending: ChunkPlace | None = None
        while True:
            self._file.seek(at)
            head = self._file.read(HEAD.size)
            opcode, length = HEAD.unpack(head) if len(head) == HEAD.size else (0, 0)
            if pending is not None and opcode != Opcode.MESSAGE_INDEX:
                self._settle(found, pending)
                pending = None
            end = at + HEAD.size + length
            if opcode in _INDEXED or not (0 < opcode <= _LAST_OPCODE or opcode >= _PRIVATE) or end > self._size:
                break
            if opcode == Opcode.CHUNK:
                pending = self._scanned_chunk(at + HEAD.size, length)
            elif opcode == Opcode.MESSAGE_INDEX and pending is not None:
                self._note_index(pending, length)
            else:
                self._take(found, opcode, at, end)
            at = found.end = end
        self._tail(found, at, opcode, length)
        if not found.problems and not found.closed:
            found.problems.append(f"{self.path.name} has no index: its recorder was killed, or still runs")
        return found

    def _tail(self, found: Contents, at: int, opcode: int, length: int) -> None:
        """Notes how the data ends; a chunk that was cut in two gives what it can."""
        if opcode in _INDEXED:
            self._file.seek(-len(MCAP0_MAGIC), os.SEEK_END)
            found.closed = self._file.read() == MCAP0_MAGIC
        if found.closed:
            return
        left = self._size - at
        if opcode == Opcode.CHUNK and left > HEAD.size + _TIMES.size:
            place = ChunkPlace(at + HEAD.size, left - HEAD.size, *self._times(at), None, whole=False)
            self._settle(found, place)
        if left:
            found.problems.append(f"{self.path.name} was cut off: {left} bytes at its end are no whole record")

    def _scanned_chunk(self, start: int, length: int) -> ChunkPlace:
        return ChunkPlace(start, length, *self._times(start - HEAD.size), {})

    def _times(self, at: int) -> tuple[int, int]:
        self._file.seek(at + HEAD.size)
        data = self._file.read(_TIMES.size)
        return _TIMES.unpack(data) if len(data) == _TIMES.size else (0, 0)

    def _note_index(self, chunk: ChunkPlace, length: int) -> None:
        """Takes the message index that stands here, behind its chunk."""
        data = self._file.read(length)
        try:
            index = MessageIndex.read(ReadDataStream(BytesIO(data)))
            if chunk.counts is not None and index.records:
                chunk.counts[index.channel_id] = len(index.records)
        except Exception:  # a broken index: the chunk itself is asked
            chunk.counts = None

    def _settle(self, found: Contents, chunk: ChunkPlace) -> None:
        """Takes a chunk whose indexes have been seen; asks the chunk itself where they do not tell all."""
        found.chunks.append(chunk)
        if chunk.counts and chunk.counts.keys() <= found.channels.keys():
            found.span(chunk.first_ns, chunk.last_ns)
            found.counts.update(chunk.counts)
            return
        chunk.counts = {}
        try:
            data = unpack_chunk(self._content(chunk.start - HEAD.size, chunk.length), chunk.whole)
            for opcode, start, end in records(data):
                if opcode == Opcode.MESSAGE:
                    one = message(data, start, end)
                    found.count(one)
                    chunk.counts[one.channel] = chunk.counts.get(one.channel, 0) + 1
                elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                    self._declare(found, declared(opcode, data[start:end]))
        except ChunkError as error:
            found.problems.append(f"{self.path.name}: at byte {chunk.start}: {error}")
        if not chunk.counts:
            found.chunks.pop()

    def _take(self, found: Contents, opcode: int, at: int, end: int) -> None:
        """A record outside of chunks."""
        if opcode not in (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.METADATA, Opcode.MESSAGE):
            return
        try:
            content = self._content(at)
            if opcode == Opcode.MESSAGE:
                found.count(message(content, 0, len(content)))
                found.loose.append(at)
            elif opcode == Opcode.METADATA:
                record = Metadata.read(ReadDataStream(BytesIO(content)))
                found.metadata[record.name] = record.metadata
                found.metadata_places.append((record.name, at, end - at))
            else:
                self._declare(found, declared(opcode, content))
        except Exception as error:
            found.problems.append(f"{self.path.name}: at byte {at}: {error}")

    @staticmethod
    def _declare(found: Contents, record: Schema | Channel) -> None:
        if isinstance(record, Schema):
            found.schemas[record.id] = record
        else:
            found.channels[record.id] = record
