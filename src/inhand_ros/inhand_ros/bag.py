"""An MCAP bag as `ros2 bag`, rosbags, mcap and Foxglove read it: serialized messages, definitions, metadata.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from ament_index_python.packages import get_package_share_directory
from mcap.writer import CompressionType, Writer

from inhand_core.config import ConfigError
from inhand_ros.raw import RawMessage

_SEPARATOR = "\n" + "=" * 80 + "\nMSG: {}\n"
_PRIMITIVES = {"bool", "byte", "char", "string", "wstring", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


@dataclass
class _Channel:
    id: int
    kind: str
    qos: str
    count: int = 0
    last_ns: int = 0


class Bag:
    """Writes a bag folder: <name>/<name>_0.mcap and, at `close`, metadata.yaml.

    Memory is bounded by one chunk (1 MiB) plus a few bytes a chunk for the index.

    Args:
        folder: the bag's folder; it must not exist.
        distribution: ROS distribution to note in the metadata.

    Raises:
        ConfigError: the folder exists.
    """

    def __init__(self, folder: Path, distribution: str) -> None:
        if folder.exists():
            raise ConfigError(f"{folder} exists; give a folder that does not")
        folder.mkdir(parents=True)
        self.folder = folder
        self._distribution = distribution
        self._file = (folder / f"{folder.name}_0.mcap").open("wb")
        self._writer = Writer(self._file, compression=CompressionType.LZ4)
        self._writer.start(profile="ros2", library="inhand_ros")
        self._channels: dict[str, _Channel] = {}
        self._schemas: dict[str, int] = {}
        self._first_ns, self._last_ns = 0, 0

    @property
    def counts(self) -> dict[str, int]:
        """Messages written, by topic."""
        return {topic: channel.count for topic, channel in self._channels.items()}

    def add_topic(self, topic: str, kind: str, reliable: bool, latched: bool) -> None:
        """Registers a topic of type "package/msg/Name"."""
        if topic in self._channels:
            return
        if kind not in self._schemas:
            self._schemas[kind] = self._writer.register_schema(kind, "ros2msg", message_definition(kind).encode())
        qos = _qos_yaml(reliable, latched)
        number = self._writer.register_channel(topic, "cdr", self._schemas[kind], {"offered_qos_profiles": qos})
        self._channels[topic] = _Channel(number, kind, qos)

    def write(self, message: RawMessage) -> None:
        """Writes a message of a topic that `add_topic` knows.

        Its time in the bag is that of its reception, or of the topic's last message where that is later: a message
        that had to be sent again comes in order but is stamped late, and readers sort by this time.
        """
        channel = self._channels[message.topic]
        log_ns = channel.last_ns = max(message.received_ns, channel.last_ns)
        self._writer.add_message(channel.id, log_ns, message.data, message.source_ns or log_ns, channel.count)
        channel.count += 1
        self._first_ns = min(self._first_ns or log_ns, log_ns)
        self._last_ns = max(self._last_ns, log_ns)

    def close(self) -> None:
        """Ends the file and writes metadata.yaml; safe to call twice."""
        if self._file.closed:
            return
        self._writer.finish()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        (self.folder / "metadata.yaml").write_text(yaml.safe_dump(self._metadata(), sort_keys=False))

    def _metadata(self) -> dict:
        name = f"{self.folder.name}_0.mcap"
        start = {"nanoseconds_since_epoch": self._first_ns}
        duration = {"nanoseconds": self._last_ns - self._first_ns}
        total = sum(self.counts.values())
        topics = [
            {
                "topic_metadata": {
                    "name": topic,
                    "type": channel.kind,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": yaml.safe_load(channel.qos),
                    "type_description_hash": "",
                },
                "message_count": channel.count,
            }
            for topic, channel in self._channels.items()
        ]
        files = [{"path": name, "starting_time": start, "duration": duration, "message_count": total}]
        return {
            "rosbag2_bagfile_information": {
                "version": 9,
                "storage_identifier": "mcap",
                "duration": duration,
                "starting_time": start,
                "message_count": total,
                "topics_with_message_count": topics,
                "compression_format": "",
                "compression_mode": "",
                "relative_file_paths": [name],
                "files": files,
                "custom_data": {},
                "ros_distro": self._distribution,
            }
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


def message_definition(kind: str) -> str:
    """Definition of "package/msg/Name" with those of all messages within it, in MCAP's ros2msg form."""
    texts: dict[str, str] = {}
    _collect(kind, texts)
    root = texts.pop(kind)
    return root + "".join(_SEPARATOR.format(name.replace("/msg/", "/")) + text for name, text in texts.items())


def _collect(kind: str, texts: dict[str, str]) -> None:
    package, _, name = kind.split("/")
    texts[kind] = (Path(get_package_share_directory(package)) / "msg" / f"{name}.msg").read_text()
    for line in texts[kind].splitlines():
        words = line.partition("#")[0].split()
        base = words[0].partition("[")[0].partition("<")[0] if words else ""
        if not base or base in _PRIMITIVES or "=" in words[0]:
            continue
        if "/" not in base:
            base = f"{package}/{base}"
        nested = base if "/msg/" in base else base.replace("/", "/msg/")
        if nested not in texts:
            _collect(nested, texts)
