"""Bags: one way to read them for all of this project, whatever program wrote them and however it ended.

MCAP files, alone or in a folder, with or without metadata.yaml, index or end, split, and compressed by chunk, message
or file, are read here. Bags of sqlite3 (.db3) and of ROS 1 (.bag) are read by the rosbags library.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import zstandard

from inhand_core.config import ConfigError
from inhand_core.files import naming
from inhand_core.strict import StrictError
from inhand_data.bag_metadata import contradictions, is_latched, notes_of, read_information
from inhand_data.bag_names import without_namespace
from inhand_data.bag_types import BagTypes, TypeProblem
from inhand_data.mcap_file import McapError, McapFile

NUMBERED, LOST, STEPPED = "numbered by publisher", "lost ", "clock stepped"
"""Keys of a bag's notes: whether messages were numbered, how many of a topic never came, steps of the clock."""
_PACKED = ".zstd"
_MAX_MESSAGE = 1 << 30
_HEADER = "std_msgs/msg/Header"


class BagError(ConfigError):
    """A bag that cannot be used; the message names it, what is wrong and what there is."""


class Entry(NamedTuple):
    """A message of a bag: topic, type, time of reception [ns], serialized data."""

    topic: str
    kind: str
    log_ns: int
    data: bytes


class _Source(Protocol):
    """Where a bag's messages come from."""

    topics: dict[str, str]
    counts: dict[str, int]
    latched: set[str]
    notes: dict[str, str]

    def problems(self) -> list[str]: ...

    def entries(self, topics: set[str], stored_order: bool) -> Iterator[Entry]: ...


class BagReader:
    """An open bag. Made by `open_bag`. Topics of a graph in a namespace are named as if it had none.

    Attributes:
        path: of the folder or file.
        namespace: of the graph, such as "/left"; "" for none.
        notes: custom data of metadata.yaml, or of the record of it in the files.
    """

    def __init__(
        self, path: Path, source: _Source, types: BagTypes, notes: dict[str, str], said: list[str], space: str = ""
    ) -> None:
        self.path, self.notes, self.namespace = path, notes, space
        self._source, self._types, self._said = source, types, said

    @property
    def topics(self) -> dict[str, str]:
        """Types "package/msg/Name" by topic."""
        return dict(self._source.topics)

    @property
    def problems(self) -> list[str]:
        """What is wrong with the files, in words; more may come to light while messages are read."""
        return [*self._said, *self._source.problems()]

    def entries(self, topics: Iterable[str] | None = None, stored_order: bool = False) -> Iterator[Entry]:
        """Messages of the topics (of all where None) by the time of their reception.

        Args:
            topics: names; those that the bag lacks give nothing.
            stored_order: in the order of the files instead, which a step of the recorder's clock does not change.
        """
        known = self._source.topics
        wanted = set(known) if topics is None else set(topics) & set(known)
        if wanted:
            yield from self._source.entries(wanted, stored_order)

    def count(self, topics: Iterable[str]) -> int:
        """Number of messages of the topics."""
        return sum(self._source.counts.get(topic, 0) for topic in set(topics))

    def message(self, entry: Entry) -> Any:
        """The deserialized message of an entry.

        Raises:
            BagError: its type is not described in the bag, or its data does not fit it.
        """
        try:
            return self._types.deserialize(entry.data, entry.kind)
        except TypeProblem as error:
            raise BagError(f"{self.path}: {entry.topic}: {error}") from error

    def messages(self, topics: Iterable[str]) -> Iterator[tuple[Entry, Any]]:
        """Entries of the topics with their messages, by the time of reception.

        Raises:
            BagError: see `message`.
        """
        for entry in self.entries(topics):
            yield entry, self.message(entry)

    def has_header(self, topic: str) -> bool:
        """Whether messages of the topic begin with a std_msgs/Header, as far as the bag describes their type."""
        fields = self._types.fields(self.topics[topic])
        return bool(fields) and fields[0][1] == _HEADER

    def has_sequence(self, topic: str) -> bool:
        """Whether messages of the topic go on with a `uint64 sequence`."""
        fields = self._types.fields(self.topics[topic])
        return self.has_header(topic) and len(fields) > 1 and fields[1] == ("sequence", "uint64")

    def latched(self, topic: str) -> bool:
        """Whether the topic was offered as transient local."""
        return topic in self._source.latched

    def lost(self) -> dict[str, int] | None:
        """Messages that the recorder knows it never got, by topic; None where the bag does not say."""
        if NUMBERED not in self.notes:
            return None
        found = {key.removeprefix(LOST): value for key, value in self.notes.items() if key.startswith(LOST)}
        return {topic.removeprefix(self.namespace): int(value) for topic, value in found.items() if value.isdecimal()}


@contextmanager
def open_bag(path: str | Path) -> Iterator[BagReader]:
    """Opens a bag: a folder, or a single file.

    Raises:
        BagError: there is none, or nothing in it can be read.
    """
    path = Path(path)
    if not path.exists():
        near = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        raise BagError(f"{path}: no such bag; in {path.parent} there are {near[:20]}")
    with ExitStack() as stack:
        said: list[str] = []
        try:
            information = _information(path, said)
            files = _files(path, information, said)
            if all(file.suffix in (".mcap", _PACKED) for file in files):
                source: _Source = _McapSource(_opened(files, stack, said), information)
                types = source.types
            else:
                from inhand_data.other_bags import OtherSource

                source = OtherSource(path, stack)
                types = source.types
        except (McapError, OSError) as error:
            raise BagError(f"{path}: not a bag that can be read: {error}") from error
        said += contradictions(information, source.topics)
        source, space = without_namespace(source, said)
        yield BagReader(path, source, types, notes_of(information) or source.notes, said, space)


class _McapSource:
    """MCAP files, one behind the other.

    Topics of one name and type are one, whatever numbers the files give them.
    """

    def __init__(self, files: list[McapFile], information: dict[str, Any] | None) -> None:
        self._files = files
        self.types = BagTypes()
        self.topics: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.latched: set[str] = set()
        self.notes: dict[str, str] = {}
        self._said: list[str] = []
        self._kinds: list[dict[int, tuple[str, str]]] = []
        mode = str((information or {}).get("compression_mode") or "").lower()
        self._unpack = zstandard.ZstdDecompressor() if mode == "message" else None
        for file in files:
            self._kinds.append(dict(self._channels(file)))

    def _channels(self, file: McapFile) -> Iterator[tuple[int, tuple[str, str]]]:
        contents = file.contents
        for number, channel in contents.channels.items():
            schema = contents.schemas.get(channel.schema_id)
            kind = schema.name if schema is not None else ""
            first = self.topics.setdefault(channel.topic, kind)
            if first != kind:
                self._said.append(f"{file.path.name}: {channel.topic} is of type {kind!r}, before of {first!r}")
                continue
            encoding, data = (schema.encoding, schema.data) if schema is not None else ("", b"")
            self.types.add(kind, channel.message_encoding, encoding, data)
            self.counts[channel.topic] = self.counts.get(channel.topic, 0) + contents.counts[number]
            if is_latched(channel.metadata.get("offered_qos_profiles", "")):
                self.latched.add(channel.topic)
            yield number, (channel.topic, kind)

    def problems(self) -> list[str]:
        """What is wrong with the files."""
        return [*self._said, *(text for file in self._files for text in file.contents.problems)]

    def entries(self, topics: set[str], stored_order: bool) -> Iterator[Entry]:
        """Messages of the topics, file by file."""
        for file, kinds in zip(self._files, self._kinds, strict=True):
            wanted = {number for number, (topic, _) in kinds.items() if topic in topics}
            for found in file.messages(wanted, stored_order) if wanted else ():
                data = found.data if self._unpack is None else self._unpacked(file, found.data)
                if data is not None:
                    yield Entry(*kinds[found.channel], found.log_ns, data)

    def _unpacked(self, file: McapFile, data: bytes) -> bytes | None:
        """A message that is compressed by itself; None, and noted, where that is broken."""
        try:
            return self._unpack.decompress(data, max_output_size=_MAX_MESSAGE) if self._unpack is not None else data
        except zstandard.ZstdError as error:
            text = f"{file.path.name}: messages whose zstd data is broken: {error}"
            if text not in self._said:
                self._said.append(text)
            return None


def _information(path: Path, said: list[str]) -> dict[str, Any] | None:
    """The content of metadata.yaml; None, and noted, where a folder has none that can be used."""
    if not path.is_dir():
        return None
    try:
        found = read_information(path)
    except StrictError as error:
        said.append(f"{error}; read from the files instead")
        return None
    if found is None:
        said.append(f"no metadata.yaml: the recorder was killed, or still runs; `inhand bag repair {path}` writes it")
    return found


def _files(path: Path, information: dict[str, Any] | None, said: list[str]) -> list[Path]:
    """The files of a bag, in order."""
    if not path.is_dir():
        return [path]
    there = sorted(
        (p for p in path.iterdir() if p.suffix in (".mcap", ".db3", _PACKED) and not p.name.startswith(".")),
        key=lambda p: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", p.name)],
    )
    if information is not None:
        named = [path / Path(name).name for name in information["relative_file_paths"]]
        if missing := [file.name for file in named if not file.is_file()]:
            said.append(f"{missing} of metadata.yaml are missing")
        if extra := [file.name for file in there if file not in named]:
            said.append(f"{extra} are not in metadata.yaml, and are left out")
        there = [file for file in named if file.is_file()]
    if not there:
        names = sorted(p.name for p in path.iterdir())
        raise BagError(f"{path}: no file of a bag (.mcap, .db3); there are {names[:20]}")
    return there


def _opened(files: list[Path], stack: ExitStack, said: list[str]) -> list[McapFile]:
    """The files, open; one of several that cannot be read is noted, and left out."""
    found: list[McapFile] = []
    problems: list[Exception] = []
    for path in files:
        try:
            found.append(McapFile(_plain(path, stack)))
            stack.callback(found[-1].close)
        except (McapError, OSError, zstandard.ZstdError) as error:
            problems.append(error)
    if not found:
        raise McapError("; ".join(map(str, problems)))
    said += [f"{error}: left out" for error in problems]
    return found


def _plain(path: Path, stack: ExitStack) -> Path:
    """The file itself, or a temporary one with what a compressed file holds."""
    if path.suffix != _PACKED:
        return path
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inhand_bag_")))
    plain = folder / path.stem
    with path.open("rb") as packed, plain.open("wb") as file, naming(plain):
        shutil.copyfileobj(zstandard.ZstdDecompressor().stream_reader(packed), file, 1 << 20)
    return plain
