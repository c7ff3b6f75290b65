"""Bags as this project reads them: stamps and numbers without deserializing, whole messages where they are needed."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.typesys import Stores, get_typestore

NANOSECONDS = 1_000_000_000
_ENCAPSULATION = 4  # bytes of CDR's own header
_NUMBERED, _LOST = "numbered by publisher", "lost "
_HEADER = "std_msgs/msg/Header"


class BagError(ValueError):
    """A bag that cannot be used; the message names it, what is wrong and what there is."""


class Entry(NamedTuple):
    """A message of a bag: connection, time of reception [ns], serialized data."""

    connection: Connection
    log_ns: int
    data: bytes


class BagReader:
    """An open bag. Made by `open_bag`."""

    def __init__(self, path: Path, reader: AnyReader) -> None:
        self.path = path
        self._reader = reader

    @property
    def topics(self) -> dict[str, str]:
        """Types "package/msg/Name" by topic."""
        return {connection.topic: connection.msgtype for connection in self._reader.connections}

    def entries(self, topics: Iterable[str] | None = None) -> Iterator[Entry]:
        """Messages of the topics (of all where None) in the order of their reception."""
        wanted = None if topics is None else set(topics)
        connections = [c for c in self._reader.connections if wanted is None or c.topic in wanted]
        if connections:
            yield from (Entry(*item) for item in self._reader.messages(connections))

    def count(self, topics: Iterable[str]) -> int:
        """Number of messages of the topics."""
        wanted = set(topics)
        return sum(c.msgcount for c in self._reader.connections if c.topic in wanted)

    def message(self, entry: Entry) -> Any:
        """The deserialized message of an entry."""
        return self._reader.deserialize(entry.data, entry.connection.msgtype)

    def has_header(self, topic: str) -> bool:
        """Whether messages of the topic begin with a std_msgs/Header."""
        fields = self._fields(topic)
        return bool(fields) and fields[0][1][1] == _HEADER

    def has_sequence(self, topic: str) -> bool:
        """Whether messages of the topic go on with a `uint64 sequence`."""
        fields = self._fields(topic)
        return self.has_header(topic) and len(fields) > 1 and fields[1][0] == "sequence"

    def latched(self, topic: str) -> bool:
        """Whether the topic was offered as transient local."""
        profiles = [q for c in self._reader.connections if c.topic == topic for q in c.ext.offered_qos_profiles]
        return any(profile.durability.name == "TRANSIENT_LOCAL" for profile in profiles)

    def lost(self) -> dict[str, int] | None:
        """Messages that the recorder knows it never got, by topic; None where the bag does not say."""
        try:
            information = yaml.safe_load((self.path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
        except (OSError, KeyError, TypeError, yaml.YAMLError):
            return None
        notes = information.get("custom_data") or {}
        if _NUMBERED not in notes:
            return None
        return {key.removeprefix(_LOST): int(value) for key, value in notes.items() if key.startswith(_LOST)}

    def _fields(self, topic: str) -> list[Any]:
        return self._reader.typestore.fielddefs[self.topics[topic]][1]


def stamp_of(data: bytes) -> int:
    """Stamp [ns] of a serialized message that begins with a std_msgs/Header."""
    seconds, nanoseconds = struct.unpack_from("<iI" if data[1] & 1 else ">iI", data, _ENCAPSULATION)
    return seconds * NANOSECONDS + nanoseconds


def sequence_of(data: bytes) -> int:
    """Sequence number of a serialized message that begins with a std_msgs/Header and a `uint64 sequence`."""
    order = "<" if data[1] & 1 else ">"
    (length,) = struct.unpack_from(f"{order}I", data, _ENCAPSULATION + 8)
    aligned = (12 + length + 7) // 8 * 8
    return struct.unpack_from(f"{order}Q", data, _ENCAPSULATION + aligned)[0]


@contextmanager
def open_bag(path: Path) -> Iterator[BagReader]:
    """Opens a bag: a folder with metadata.yaml, or a single .mcap file.

    Raises:
        BagError: there is none, or it cannot be read.
    """
    if not path.exists():
        near = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        raise BagError(f"{path}: no such bag; in {path.parent} there are {near[:20]}")
    try:
        reader = AnyReader([path], default_typestore=get_typestore(Stores.EMPTY))
        reader.open()
    except (AnyReaderError, AssertionError, OSError, ValueError) as error:
        raise BagError(f"{path}: not a bag that can be read: {error}") from error
    try:
        yield BagReader(path, reader)
    finally:
        reader.close()
