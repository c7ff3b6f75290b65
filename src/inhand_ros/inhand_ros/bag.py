"""An MCAP bag as `ros2 bag`, rosbags, mcap and Foxglove read it: serialized messages, definitions, metadata.yaml.

Whatever ends the recorder, what was received more than a second before can be read: once a second the chunk is ended,
and brought to the disk.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.files import write_whole
from inhand_core.times import NANOSECONDS
from inhand_data.bag_file import BagFile, Channel, Compression
from inhand_data.bag_metadata import KEY, NAME, Extent, TopicInfo, information, qos_yaml, to_yaml
from inhand_data.bags import LOST, NUMBERED, STEPPED
from inhand_data.reserve import Reserve
from inhand_ros.inbox import SequenceCounter
from inhand_ros.message_definitions import message_definition, type_hash
from inhand_ros.raw import RawMessage

MEBI = 2**20
STEP_NS = 100_000_000
"""A change of the system's clock against the monotonic one by more than this [ns] is a step, not a correction."""


@dataclass(frozen=True)
class BagConfig:
    """How a bag is written.

    Attributes:
        split_mb: a new file begins when the current one has this size [MiB]; 0: never.
        split_s: a new file begins when the current one is this long [s, of reception]; 0: never.
        keep_free_mb: recording ends, with a proper bag, when the disk has less room than this [MiB].
        compression: of chunks: none, lz4 or zstd.
        flush_s: a recorder that is killed loses what came within this [s]; power loss, within twice as long.
    """

    split_mb: float = 4096.0
    split_s: float = 0.0
    keep_free_mb: float = 64.0
    compression: Compression = "lz4"
    flush_s: float = 1.0

    def __post_init__(self) -> None:
        for name in ("split_mb", "split_s", "keep_free_mb"):
            if getattr(self, name) < 0.0:
                raise ConfigError(f"{name} must be >= 0, is {getattr(self, name)}")
        if not self.flush_s > 0.0:
            raise ConfigError(f"flush_s must be > 0 s, is {self.flush_s}")
        if self.compression not in (choices := ("none", "lz4", "zstd")):
            raise ConfigError(f"compression {self.compression!r} is not one of {list(choices)}")


class DiskFull(OSError):
    """There is no more room for the bag."""


class Bag:
    """Writes a bag folder: <name>/<name>_0.mcap, <name>_1.mcap, … and, at `close`, metadata.yaml.

    Memory is bounded by one chunk (1 MiB) plus a few bytes a chunk for the index. After an OSError the bag is closed,
    and opens with what was written before.

    Args:
        folder: the bag's folder; it must not exist.
        distribution: ROS distribution to note in the metadata.
        config: sizes.

    Raises:
        ConfigError: the folder exists.
        OSError: the disk has no room for it; then there is no folder.
    """

    def __init__(self, folder: Path, distribution: str, config: BagConfig | None = None) -> None:
        if folder.exists():
            raise ConfigError(f"{folder} exists; give a folder that does not")
        folder.mkdir(parents=True)
        try:
            self._reserve = Reserve(folder)
        except OSError:
            folder.rmdir()
            raise
        self.folder = folder
        self.config = config or BagConfig()
        self._distribution = distribution
        self._channels: dict[str, Channel] = {}
        self._written: dict[str, int] = {}
        self._last_ns: dict[str, int] = {}
        self._counters: dict[tuple[str, bytes], SequenceCounter] = {}
        self._done: list[tuple[str, Extent]] = []
        self._looked = 0.0
        self._flushed = time.monotonic()
        self._ahead_ns = time.time_ns() - time.monotonic_ns()
        self._steps: list[str] = []
        self._syncing: threading.Thread | None = None
        self._file: BagFile | None = self._next_file()

    @property
    def counts(self) -> dict[str, int]:
        """Messages given to the bag, by topic."""
        return dict(self._written)

    @property
    def kept(self) -> int:
        """Messages in the bag's files: of those given to it, what the disk took."""
        extents = [extent for _, extent in self._done] + ([] if self._file is None else [self._file.extent])
        return sum(sum(extent.counts.values()) for extent in extents)

    @property
    def lost(self) -> dict[str, int]:
        """Messages that never came, by topic, from the numbers that the middleware gives to each publisher's."""
        found = dict.fromkeys(self._channels, 0)
        for (topic, _), counter in list(self._counters.items()):
            found[topic] += counter.lost
        return found

    def add_topic(self, topic: str, kind: str, reliable: bool, latched: bool) -> None:
        """Registers a topic of type "package/msg/Name"."""
        if topic not in self._channels:
            info = TopicInfo(topic, kind, qos_yaml(reliable, latched), type_hash(kind))
            self._channels[topic] = Channel(info, message_definition(kind))
            self._written[topic] = 0

    def write(self, message: RawMessage) -> None:
        """Writes a message of a topic that `add_topic` knows.

        Its time in the bag is that of its reception, or of the topic's last message where that is later: a message
        that had to be sent again comes in order but is stamped late, and readers sort by this time. When the system's
        clock steps back, times do too, and the bag's notes say so. Its sequence number is its publisher's, where the
        middleware tells.

        Raises:
            OSError: the disk is full or fails; the bag has been closed, and opens.
        """
        if self._file is None:
            raise OSError(f"{self.folder}: the bag is closed")
        self.flush()  # before the message: what is raised here has not to do with it
        topic = message.topic
        self._watch_clock()
        log_ns = self._last_ns[topic] = max(message.received_ns, self._last_ns.get(topic, 0))
        self._count(message)
        sequence = message.number if message.number >= 0 else self._written[topic]
        try:
            self._make_room(log_ns)
            self._file.write(self._channels[topic], log_ns, message.source_ns or log_ns, sequence % 2**32, message.data)
        except OSError:
            self.close()
            raise
        self._written[topic] += 1

    @property
    def due_s(self) -> float:
        """Time until `flush` has something to do [s]; 0: now."""
        return max(0.0, self._flushed + self.config.flush_s - time.monotonic())

    def flush(self) -> None:
        """Makes what was written readable, and brings it to the disk in a thread of its own; where that is due.

        Raises:
            OSError: the disk is full or fails; the bag has been closed, and opens.
        """
        if self._file is None or self.due_s > 0.0:
            return
        self._flushed = time.monotonic()
        try:
            self._file.flush()
        except OSError:
            self.close()
            raise
        if self._syncing is None or not self._syncing.is_alive():
            self._syncing = threading.Thread(target=_sync, args=(self._file,), name="bag sync", daemon=True)
            self._syncing.start()

    def pause(self) -> None:
        """Until the next message of each publisher nothing counts as lost."""
        for counter in self._counters.values():
            counter.last = None

    def close(self) -> None:
        """Ends the file and writes metadata.yaml; safe to call twice."""
        if self._file is None:
            return
        if self._syncing is not None:
            self._syncing.join()
        file = self._file
        try:
            file.close(self._information())
        finally:
            self._file = None
            self._done.append((file.path.name, file.extent))
            self._reserve.give_back()
            write_whole(self.folder / NAME, to_yaml({KEY: self._information()}))

    def _watch_clock(self) -> None:
        """Notes a step of the system's clock, after which times start over."""
        ahead = time.time_ns() - time.monotonic_ns()
        if abs(ahead - self._ahead_ns) > STEP_NS:
            step = (ahead - self._ahead_ns) / NANOSECONDS
            self._steps.append(f"{step:+.3f} s to {time.time():.3f}")
            self._last_ns.clear()
        self._ahead_ns = ahead

    def _count(self, message: RawMessage) -> None:
        if message.number >= 0:
            key = (message.topic, message.publisher)
            self._counters.setdefault(key, SequenceCounter()).add(message.number)

    def _next_file(self) -> BagFile:
        return BagFile(self.folder / f"{self.folder.name}_{len(self._done)}.mcap", self.config.compression)

    def _make_room(self, now_ns: int) -> None:
        """Starts another file when this one is large or long enough; refuses when the disk is nearly full."""
        limits, file = self.config, self._file
        large = limits.split_mb and file.size >= limits.split_mb * MEBI
        long = limits.split_s and file.extent.counts and now_ns - file.extent.first_ns >= limits.split_s * NANOSECONDS
        if large or long:
            if self._syncing is not None:
                self._syncing.join()
            file.close(self._information())
            self._done.append((file.path.name, file.extent))
            self._file = self._next_file()
        if limits.keep_free_mb and (now := time.monotonic()) - self._looked > 0.1:
            self._looked = now
            disk = os.statvfs(self.folder)
            if (free := disk.f_bavail * disk.f_frsize / MEBI) < limits.keep_free_mb:
                raise DiskFull(f"{self.folder}: {free:.0f} MiB free on the disk, less than {limits.keep_free_mb:g} MiB")

    def _information(self) -> dict[str, Any]:
        open_file = [] if self._file is None else [(self._file.path.name, self._file.extent)]
        topics = [channel.topic for channel in self._channels.values()]
        return information([*self._done, *open_file], topics, self._distribution, self._notes())

    def _notes(self) -> dict[str, str]:
        """What `inhand bag check` reads: steps of the clock, and losses on the way where the middleware numbers."""
        notes = {f"{STEPPED} {number}": text for number, text in enumerate(self._steps)}
        if not self._counters:
            return notes
        lost = {f"{LOST}{topic}": str(count) for topic, count in self.lost.items() if count}
        return notes | {NUMBERED: "yes"} | lost


def _sync(file: BagFile) -> None:
    """What power loss would take is on the disk; where the disk refuses, the next write says so."""
    with suppress(OSError, ValueError):
        file.sync()
