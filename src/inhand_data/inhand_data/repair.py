"""Gives bags whose recorder was killed what they lack: an index and an end in each file, metadata.yaml in the folder.

A file is repaired in place: what can be read stays where it is, and what follows is written behind it. Whenever that is
interrupted, the file can be read, and repaired, as before.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lz4.frame
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import Chunk, ChunkIndex, DataEnd, Footer, MessageIndex, MetadataIndex, Statistics, SummaryOffset
from mcap.writer import MCAP0_MAGIC

from inhand_core.files import write_whole
from inhand_core.strict import StrictError, parse_yaml
from inhand_data.bag_metadata import (
    KEY,
    NAME,
    RECORD,
    RECORD_KEY,
    Extent,
    TopicInfo,
    information,
    notes_of,
    read_information,
    to_yaml,
)
from inhand_data.bags import BagError
from inhand_data.chunks import HEAD, message, records, unpack_chunk
from inhand_data.mcap_file import ChunkPlace, Contents, McapError, McapFile
from inhand_data.reserve import NAME as RESERVE
from inhand_data.reserve import being_written

_MAX_METADATA = 1 << 24


@dataclass
class Repaired:
    """What was done: files that got an index, messages in all, whether metadata.yaml is new, what was wrong."""

    files: list[str] = field(default_factory=list)
    messages: int = 0
    metadata: bool = False
    problems: list[str] = field(default_factory=list)


def repair_bag(path: Path) -> Repaired:
    """Repairs a bag folder, or one .mcap file.

    Raises:
        BagError: no bag, nothing in it can be read, or a recorder still writes it.
        OSError: the disk refuses.
    """
    if not path.exists():
        raise BagError(f"{path}: no such bag")
    done = Repaired()
    if path.is_file():
        _repair_file(path, done)
        return done
    if being_written(path):
        raise BagError(f"{path}: a recorder still writes it; end the recorder first")
    files = sorted(path.glob("*.mcap"), key=lambda file: (len(file.name), file.name))
    if not files:
        raise BagError(f"{path}: no .mcap file; there are {sorted(p.name for p in path.iterdir())[:20]}")
    contents = [(file.name, found) for file in files if (found := _repair_file(file, done)) is not None]
    if not contents:
        raise BagError(f"{path}: no file can be read: {'; '.join(done.problems)}")
    _write_metadata(path, contents, done)
    (path / RESERVE).unlink(missing_ok=True)
    return done


def _repair_file(path: Path, done: Repaired) -> Contents | None:
    """Gives a file its index where it has none; None, and noted, where it is no MCAP file."""
    try:
        file = McapFile(path)
    except McapError as error:
        if not path.stat().st_size:
            done.problems.append(f"{path.name} is empty")
            return None
        raise BagError(str(error)) from error
    try:
        contents = file.contents
        if not contents.indexed and (contents.chunks or not contents.closed):
            done.problems += contents.problems
            _append_index(path, contents)
            done.files.append(path.name)
    finally:
        file.close()
    done.messages += contents.counts.total()
    return contents


def _append_index(path: Path, contents: Contents) -> None:
    """Writes what a chunk that was cut in two still holds, and index and end of the file."""
    with path.open("r+b") as file:
        saved = [_saved(file, place) for place in contents.chunks if not place.whole]
        file.truncate(contents.end)
        file.seek(contents.end)
        indexes = [index for place in contents.chunks if place.whole and (index := _index_of(file, place))]
        file.seek(contents.end)
        for data in saved:
            indexes.append(_write_chunk(file, data))
        file.write(_ending(contents, indexes, file.tell()))
        file.flush()
        os.fsync(file.fileno())


def _saved(file: Any, place: ChunkPlace) -> bytes:
    """The whole records of a chunk that was cut in two."""
    file.seek(place.start)
    data = unpack_chunk(file.read(place.length), whole=False)
    last = max((end for _, _, end in records(data)), default=0)
    return data[:last]


def _write_chunk(file: Any, data: bytes) -> ChunkIndex:
    """Writes records as a chunk with its message indexes."""
    entries: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for opcode, start, end in records(data):
        if opcode == Opcode.MESSAGE:
            found = message(data, start, end)
            entries[found.channel].append((found.log_ns, start - HEAD.size))
    times = [time for listed in entries.values() for time, _ in listed]
    packed = lz4.frame.compress(data)
    chunk = Chunk(
        compression="lz4",
        data=packed,
        message_end_time=max(times),
        message_start_time=min(times),
        uncompressed_crc=zlib.crc32(data),
        uncompressed_size=len(data),
    )
    builder = RecordBuilder()
    chunk.write(builder)
    place, length, offsets = file.tell(), builder.count, {}
    for channel, listed in entries.items():
        offsets[channel] = place + builder.count
        MessageIndex(channel, sorted(listed)).write(builder)
    size = builder.count
    file.write(builder.end())
    return ChunkIndex(
        chunk_length=length,
        chunk_start_offset=place,
        compression="lz4",
        compressed_size=len(packed),
        message_end_time=max(times),
        message_index_length=size - length,
        message_index_offsets=offsets,
        message_start_time=min(times),
        uncompressed_size=len(data),
    )


def _index_of(file: Any, place: ChunkPlace) -> ChunkIndex | None:
    """The index of a chunk, and of the message indexes behind it; None where the chunk is broken."""
    file.seek(place.start)
    body = file.read(place.length)
    try:
        unpack_chunk(body)
    except ValueError:
        return None
    first, last, size, _, length = struct.unpack_from("<QQQII", body)
    kind = body[32 : 32 + length].decode()
    (stored,) = struct.unpack_from("<Q", body, 32 + length)
    at, offsets = place.start + place.length, {}
    behind = at
    while True:
        file.seek(at)
        head = file.read(HEAD.size + 2)
        if len(head) < HEAD.size + 2 or head[0] != Opcode.MESSAGE_INDEX:
            break
        offsets[int.from_bytes(head[HEAD.size :], "little")] = at
        at += HEAD.size + HEAD.unpack_from(head)[1]
    return ChunkIndex(
        chunk_length=place.length + HEAD.size,
        chunk_start_offset=place.start - HEAD.size,
        compression=kind,
        compressed_size=stored,
        message_end_time=last,
        message_index_length=at - behind,
        message_index_offsets=offsets,
        message_start_time=first,
        uncompressed_size=size,
    )


def _ending(contents: Contents, chunks: list[ChunkIndex], at: int) -> bytes:
    """End of the data, summary and footer of a file whose data ends at `at`."""
    data_end = RecordBuilder()
    DataEnd(0).write(data_end)
    head = bytes(data_end.end())
    start, summary = at + len(head), RecordBuilder()
    statistics = Statistics(
        attachment_count=0,
        channel_count=len(contents.channels),
        channel_message_counts=dict(contents.counts),
        chunk_count=len(chunks),
        message_count=contents.counts.total(),
        message_end_time=contents.last_ns,
        message_start_time=contents.first_ns,
        metadata_count=len(contents.metadata_places),
        schema_count=len(contents.schemas),
    )
    metadata = [MetadataIndex(length=size, name=name, offset=offset) for name, offset, size in contents.metadata_places]
    groups: list[tuple[Opcode, Iterable[Any]]] = [
        (Opcode.SCHEMA, contents.schemas.values()),
        (Opcode.CHANNEL, contents.channels.values()),
        (Opcode.STATISTICS, [statistics]),
        (Opcode.CHUNK_INDEX, chunks),
        (Opcode.METADATA_INDEX, metadata),
    ]
    offsets = []
    for opcode, rows in groups:
        begun = summary.count
        for row in rows:
            row.write(summary)
        if summary.count > begun:
            offsets.append(SummaryOffset(opcode, start + begun, summary.count - begun))
    offset_start = start + summary.count
    for row in offsets:
        row.write(summary)
    text = bytes(summary.end())
    footer = struct.pack("<BQQQ", Opcode.FOOTER, 20, start, offset_start)
    builder = RecordBuilder()
    Footer(start, offset_start, zlib.crc32(footer, zlib.crc32(text))).write(builder)
    return head + text + bytes(builder.end()) + MCAP0_MAGIC


def _write_metadata(folder: Path, contents: list[tuple[str, Contents]], done: Repaired) -> None:
    """Writes metadata.yaml where there is none that fits the files."""
    told, old = information_of(contents), None
    try:
        old = read_information(folder)
    except StrictError as error:
        done.problems.append(str(error))
    if old is not None:
        same = ("message_count", "relative_file_paths")
        if not done.files and all(old.get(key) == told[key] for key in same):
            return
        told["custom_data"] = told["custom_data"] or notes_of(old)
        told["ros_distro"] = told["ros_distro"] or str(old.get("ros_distro") or "")
    write_whole(folder / NAME, to_yaml({KEY: told}))
    done.metadata = True


def information_of(contents: list[tuple[str, Contents]]) -> dict[str, Any]:
    """What metadata.yaml says of files, from the files alone."""
    topics: dict[str, TopicInfo] = {}
    files, notes, distribution = [], {}, ""
    for name, found in contents:
        counts: dict[str, int] = {}
        for number, channel in found.channels.items():
            schema = found.schemas.get(channel.schema_id)
            more = channel.metadata
            kind = schema.name if schema is not None else ""
            qos, digest = more.get("offered_qos_profiles", ""), more.get("topic_type_hash", "")
            topics.setdefault(channel.topic, TopicInfo(channel.topic, kind, qos, digest, channel.message_encoding))
            counts[channel.topic] = counts.get(channel.topic, 0) + found.counts[number]
        extent = Extent({topic: count for topic, count in counts.items() if count}, found.first_ns, found.last_ns)
        files.append((name, extent))
        said = _said(found)
        notes.update(notes_of(said))
        distribution = distribution or str(said.get("ros_distro") or "")
    return information(files, topics.values(), distribution, notes)


def _said(contents: Contents) -> dict[str, Any]:
    """The bag's information that a file holds, as far as it can be read."""
    text = contents.metadata.get(RECORD, {}).get(RECORD_KEY, "")
    try:
        found = parse_yaml(text[:_MAX_METADATA], "metadata record")
    except StrictError:
        return {}
    return found if isinstance(found, dict) else {}
