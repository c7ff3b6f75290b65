"""metadata.yaml of a bag as rosbag2 writes it: made from what the files hold, read from others' bags."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from inhand_core.strict import StrictError, parse_yaml, read_text

NAME = "metadata.yaml"
KEY = "rosbag2_bagfile_information"
RECORD, RECORD_KEY = "rosbag2", "serialized_metadata"
"""Name and key of the same, without its outermost key, as a metadata record in each MCAP file."""
VERSION = 9
_FOREVER = {"sec": 9223372036, "nsec": 854775807}
_MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class TopicInfo:
    """A topic: name, type "package/msg/Name", QoS profiles as YAML, hash of the type ("RIHS01_…", "" where unknown)."""

    name: str
    kind: str
    qos: str = "[]"
    type_hash: str = ""
    encoding: str = "cdr"


@dataclass
class Extent:
    """What a file holds: messages by topic, time of the first and of the last [ns]."""

    counts: dict[str, int] = field(default_factory=dict)
    first_ns: int = 0
    last_ns: int = 0

    def add(self, topic: str, log_ns: int) -> None:
        """Counts one message."""
        self.first_ns = min(self.first_ns, log_ns) if self.counts else log_ns
        self.last_ns = max(self.last_ns, log_ns) if self.counts else log_ns
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def copy(self) -> Extent:
        """The same, by itself."""
        return Extent(dict(self.counts), self.first_ns, self.last_ns)


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands: anchors are legal, but no other writer of bags uses them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(content: Any) -> str:
    """YAML without anchors, keys in the order given."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False)


def information(
    files: Iterable[tuple[str, Extent]], topics: Iterable[TopicInfo], distribution: str, notes: Mapping[str, str]
) -> dict[str, Any]:
    """The information about a bag.

    Args:
        files: name and content of each, in order.
        topics: all that were subscribed, also those without messages.
        distribution: of ROS.
        notes: custom data.
    """
    files = list(files)
    extents = [extent for _, extent in files if extent.counts]
    first = min((extent.first_ns for extent in extents), default=0)
    last = max((extent.last_ns for extent in extents), default=0)
    listed = [
        {
            "topic_metadata": {
                "name": topic.name,
                "type": topic.kind,
                "serialization_format": topic.encoding,
                "offered_qos_profiles": yaml.safe_load(topic.qos) or [],
                "type_description_hash": topic.type_hash,
            },
            "message_count": sum(extent.counts.get(topic.name, 0) for extent in extents),
        }
        for topic in topics
    ]
    return {
        "version": VERSION,
        "storage_identifier": "mcap",
        "duration": {"nanoseconds": last - first},
        "starting_time": {"nanoseconds_since_epoch": first},
        "message_count": sum(topic["message_count"] for topic in listed),
        "topics_with_message_count": listed,
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [name for name, _ in files],
        "files": [
            {
                "path": name,
                "starting_time": {"nanoseconds_since_epoch": extent.first_ns},
                "duration": {"nanoseconds": extent.last_ns - extent.first_ns},
                "message_count": sum(extent.counts.values()),
            }
            for name, extent in files
        ],
        "custom_data": dict(notes),
        "ros_distro": distribution,
    }


def qos_yaml(reliable: bool, latched: bool, depth: int = 10) -> str:
    """The QoS profiles of one publisher, as YAML."""
    profile = {
        "history": "keep_last",
        "depth": depth,
        "reliability": "reliable" if reliable else "best_effort",
        "durability": "transient_local" if latched else "volatile",
        "deadline": _FOREVER,
        "lifespan": _FOREVER,
        "liveliness": "automatic",
        "liveliness_lease_duration": _FOREVER,
        "avoid_ros_namespace_conventions": False,
    }
    return to_yaml([profile])


def is_latched(qos: str) -> bool:
    """Whether one of the QoS profiles in a YAML text keeps messages for late subscribers."""
    try:
        profiles = yaml.safe_load(qos) or []
        return any(str(profile.get("durability")) in ("transient_local", "1") for profile in profiles)
    except (yaml.YAMLError, AttributeError, TypeError):
        return False


def read_information(folder: Path) -> dict[str, Any] | None:
    """The information in <folder>/metadata.yaml; None where there is no such file.

    Raises:
        StrictError: it cannot be used; the message says why.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        content = parse_yaml(read_text(path, _MAX_BYTES), str(path))
    except OSError as error:
        raise StrictError(f"{path}: {error}") from error
    found = content.get(KEY) if isinstance(content, dict) else None
    if not isinstance(found, dict):
        raise StrictError(f"{path}: expected a mapping {KEY!r}")
    paths = found.get("relative_file_paths")
    if not isinstance(paths, list) or not all(isinstance(name, str) for name in paths):
        raise StrictError(f"{path}: relative_file_paths: expected a list of names, found {paths!r:.80}")
    return found


def notes_of(information: Mapping[str, Any] | None) -> dict[str, str]:
    """Custom data of a bag's information; empty where there is none."""
    found = (information or {}).get("custom_data")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def contradictions(information: dict[str, Any] | None, topics: Collection[str]) -> list[str]:
    """Topics that metadata.yaml has messages of, and the files have not."""
    listed = (information or {}).get("topics_with_message_count")
    found = []
    for row in listed if isinstance(listed, list) else ():
        try:
            name, count = row["topic_metadata"]["name"], int(row["message_count"])
        except (KeyError, TypeError, ValueError):
            return ["metadata.yaml: topics_with_message_count cannot be read"]
        if count and name not in topics:
            found.append(name)
    return [f"metadata.yaml has messages of {sorted(found)}, which no file has"] if found else []
