"""Bags for `ros2 bag info` and `play`: files or folders, with or without metadata.yaml, index or end.

The rosbags library opens what is whole; the rest, which the real tools read or index anew, is gone through record by
record with the mcap library.
"""

import shutil
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import zstandard
from mcap.exceptions import McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader
from rosbags.interfaces import Qos
from rosbags.rosbag2 import Reader
from rosbags.rosbag2.errors import ReaderError
from rosbags.rosbag2.metadata import parse_qos

SUFFIXES = (".mcap", ".db3")


@dataclass
class Topic:
    """A topic of a bag: name, type, messages, QoS profiles that it was offered with."""

    name: str
    kind: str
    count: int
    profiles: list[Qos]


@dataclass
class OpenBag:
    """A bag that is being read.

    Attributes:
        files: of the bag, in order.
        topics: in it.
        start, end: reception of the first message and of the last [ns].
        notes: what is not as it should be.
        whole: the library's reader, where it opens the bag.
    """

    files: list[Path]
    topics: list[Topic] = field(default_factory=list)
    start: int = 0
    end: int = 0
    notes: list[str] = field(default_factory=list)
    whole: Reader | None = None
    _plain: list[Path] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of messages."""
        return sum(topic.count for topic in self.topics)

    def messages(self, chosen: set[str]) -> Iterator[tuple[str, int, bytes]]:
        """Topic, time [ns] and data of the messages of some topics."""
        if self.whole is not None:
            connections = [c for c in self.whole.connections if c.topic in chosen]
            for connection, timestamp, data in self.whole.messages(connections) if connections else ():
                yield connection.topic, timestamp, data
            return
        for path in self._plain:
            found = [(m.log_time, c.topic, m.data) for _, c, m in _records(path, []) if c.topic in chosen]
            for timestamp, topic, data in sorted(found, key=lambda row: row[0]):
                yield topic, timestamp, data


def open_bag(path: Path, stack: ExitStack) -> OpenBag:
    """Open a bag; `stack` closes it.

    Raises:
        ReaderError: it is none.
        OSError: it cannot be read.
    """
    try:
        reader = stack.enter_context(Reader(path))
    except (ReaderError, OSError, KeyError, AssertionError) as error:
        return _scan(path, stack, error)
    topics = [Topic(c.topic, c.msgtype, c.msgcount, c.ext.offered_qos_profiles) for c in reader.connections]
    bag = OpenBag(_files(path), topics, reader.start_time, max(reader.end_time - 1, 0), whole=reader)
    return bag


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [p for p in path.iterdir() if p.suffix in SUFFIXES or (p.suffixes[-2:-1] and p.suffixes[-2] in SUFFIXES)]
    return sorted(found, key=lambda p: (len(p.name), p.name))


def _scan(path: Path, stack: ExitStack, why: Exception) -> OpenBag:
    """A bag by its MCAP files alone."""
    files = _files(path)
    if not files or not all(".mcap" in file.suffixes for file in files):
        raise why
    bag, counts, topics = OpenBag(files), Counter(), {}
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ros2_bag_")))
    first = last = None
    for file in files:
        bag._plain.append(_unpacked(file, folder))
        for schema, channel, message in _records(bag._plain[-1], bag.notes):
            topics.setdefault(channel.topic, (schema.name if schema else "", channel.metadata))
            counts[channel.topic] += 1
            first = message.log_time if first is None else min(first, message.log_time)
            last = message.log_time if last is None else max(last, message.log_time)
    if not topics and bag.notes:
        raise ReaderError("; ".join(bag.notes))
    bag.start, bag.end = first or 0, last or 0
    for name, (kind, metadata) in topics.items():
        try:
            profiles = parse_qos(metadata.get("offered_qos_profiles", ""))
        except (ReaderError, KeyError, TypeError):
            profiles = []
        bag.topics.append(Topic(name, kind, counts[name], profiles))
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        bag.notes.insert(0, "no metadata.yaml: read from the files")
    return bag


def _unpacked(file: Path, folder: Path) -> Path:
    if file.suffix != ".zstd":
        return file
    plain = folder / file.stem
    with file.open("rb") as packed, plain.open("wb") as out:
        shutil.copyfileobj(zstandard.ZstdDecompressor().stream_reader(packed), out, 1 << 20)
    return plain


def _records(path: Path, notes: list[str]) -> Iterator[tuple[Schema | None, Channel, Message]]:
    """The messages of a file as far as it can be read."""
    schemas: dict[int, Schema] = {}
    channels: dict[int, Channel] = {}
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            for record in StreamReader(file, record_size_limit=size).records:
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message) and record.channel_id in channels:
                    channel = channels[record.channel_id]
                    yield schemas.get(channel.schema_id), channel, record
        except (McapError, ValueError, RuntimeError, EOFError, struct.error, zstandard.ZstdError) as error:
            notes.append(f"{path.name} ends without an index, or is broken: {type(error).__name__}: {error}")
