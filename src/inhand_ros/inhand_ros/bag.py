"""An MCAP bag as `ros2 bag`, rosbags, mcap and Foxglove read it: serialized messages, definitions, metadata.yaml."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inhand_core.config import ConfigError
from inhand_ros.bag_file import BagFile, Channel, Compression, Extent
from inhand_ros.inbox import SequenceCounter
from inhand_ros.message_definitions import message_definition
from inhand_ros.raw import RawMessage

MEBI = 2**20
NUMBERED, LOST = "numbered by publisher", "lost"
_RESERVE, _RESERVED = ".reserve", 2**16
"""A file that keeps room [bytes] for metadata.yaml on a disk that fills up; it goes when the bag is closed."""


@dataclass(frozen=True)
class BagConfig:
    """How a bag is written.

    Attributes:
        split_mb: a new file begins when the current one has this size [MiB]; 0: never.
        split_s: a new file begins when the current one is this long [s, of reception]; 0: never.
        keep_free_mb: recording ends, with a proper bag, when the disk has less room than this [MiB].
        compression: of chunks: none, lz4 or zstd.
    """

    split_mb: float = 4096.0
    split_s: float = 0.0
    keep_free_mb: float = 64.0
    compression: Compression = "lz4"

    def __post_init__(self) -> None:
        for name in ("split_mb", "split_s", "keep_free_mb"):
            if getattr(self, name) < 0.0:
                raise ConfigError(f"{name} must be >= 0, is {getattr(self, name)}")
        if self.compression not in (choices := ("none", "lz4", "zstd")):
            raise ConfigError(f"compression {self.compression!r} is not one of {list(choices)}")


def cut_off(folder: Path) -> bool:
    """Whether a folder is a bag that nobody has closed: its recorder was killed, or still runs."""
    return (folder / _RESERVE).is_file()


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
    """

    def __init__(self, folder: Path, distribution: str, config: BagConfig | None = None) -> None:
        if folder.exists():
            raise ConfigError(f"{folder} exists; give a folder that does not")
        folder.mkdir(parents=True)
        (folder / _RESERVE).write_bytes(bytes(_RESERVED))
        self.folder = folder
        self.config = config or BagConfig()
        self._distribution = distribution
        self._channels: dict[str, Channel] = {}
        self._written: dict[str, int] = {}
        self._last_ns: dict[str, int] = {}
        self._counters: dict[tuple[str, bytes], SequenceCounter] = {}
        self._done: list[tuple[str, Extent]] = []
        self._looked = 0.0
        self._file: BagFile | None = self._next_file()

    @property
    def counts(self) -> dict[str, int]:
        """Messages given to the bag, by topic."""
        return dict(self._written)

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
            qos = _qos_yaml(reliable, latched)
            self._channels[topic] = Channel(topic, kind, message_definition(kind), qos)
            self._written[topic] = 0

    def write(self, message: RawMessage) -> None:
        """Writes a message of a topic that `add_topic` knows.

        Its time in the bag is that of its reception, or of the topic's last message where that is later: a message
        that had to be sent again comes in order but is stamped late, and readers sort by this time. Its sequence
        number is its publisher's, where the middleware tells.

        Raises:
            OSError: the disk is full or fails; the bag has been closed, and opens.
        """
        if self._file is None:
            raise OSError(f"{self.folder}: the bag is closed")
        topic = message.topic
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

    def pause(self) -> None:
        """Until the next message of each publisher nothing counts as lost."""
        for counter in self._counters.values():
            counter.last = None

    def close(self) -> None:
        """Ends the file and writes metadata.yaml; safe to call twice."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
        finally:
            self._done.append((file.path.name, file.extent))
            text = yaml.safe_dump(self._metadata(), sort_keys=False)
            (self.folder / _RESERVE).unlink()
            (self.folder / "metadata.yaml").write_text(text)

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
        long = limits.split_s and file.extent.counts and now_ns - file.extent.first_ns >= limits.split_s * 1e9
        if large or long:
            file.close()
            self._done.append((file.path.name, file.extent))
            self._file = self._next_file()
        if limits.keep_free_mb and (now := time.monotonic()) - self._looked > 0.1:
            self._looked = now
            disk = os.statvfs(self.folder)
            if (free := disk.f_bavail * disk.f_frsize / MEBI) < limits.keep_free_mb:
                raise DiskFull(f"{self.folder}: {free:.0f} MiB free on the disk, less than {limits.keep_free_mb:g} MiB")

    def _metadata(self) -> dict[str, Any]:
        files = [_described(name, extent) for name, extent in self._done]
        extents = [extent for _, extent in self._done if extent.counts]
        first = min((extent.first_ns for extent in extents), default=0)
        last = max((extent.last_ns for extent in extents), default=0)
        topics = [
            {
                "topic_metadata": {
                    "name": topic,
                    "type": channel.kind,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": yaml.safe_load(channel.qos),
                    "type_description_hash": "",
                },
                "message_count": sum(extent.counts.get(topic, 0) for extent in extents),
            }
            for topic, channel in self._channels.items()
        ]
        return {
            "rosbag2_bagfile_information": {
                "version": 9,
                "storage_identifier": "mcap",
                "duration": {"nanoseconds": last - first},
                "starting_time": {"nanoseconds_since_epoch": first},
                "message_count": sum(topic["message_count"] for topic in topics),
                "topics_with_message_count": topics,
                "compression_format": "",
                "compression_mode": "",
                "relative_file_paths": [name for name, _ in self._done],
                "files": files,
                "custom_data": self._notes(),
                "ros_distro": self._distribution,
            }
        }

    def _notes(self) -> dict[str, str]:
        """What `inhand bag check` reads: losses on the way to the recorder, where the middleware numbers messages."""
        if not self._counters:
            return {}
        return {NUMBERED: "yes"} | {f"{LOST} {topic}": str(count) for topic, count in self.lost.items() if count}


def _described(name: str, extent: Extent) -> dict[str, Any]:
    return {
        "path": name,
        "starting_time": {"nanoseconds_since_epoch": extent.first_ns},
        "duration": {"nanoseconds": extent.last_ns - extent.first_ns},
        "message_count": sum(extent.counts.values()),
    }


def _qos_yaml(reliable: bool, latched: bool) -> str:
    forever = {"sec": 9223372036, "nsec": 854775807}
    return yaml.safe_dump(
        [
            {
                "history": "keep_last",
                "depth": 10,
                "reliability": "reliable" if reliable else "best_effort",
                "durability": "transient_local" if latched else "volatile",
                "deadline": forever,
                "lifespan": forever,
                "liveliness": "automatic",
                "liveliness_lease_duration": forever,
                "avoid_ros_namespace_conventions": False,
            }
        ],
        sort_keys=False,
    )
