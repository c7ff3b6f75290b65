"""An MCAP bag as `ros2 bag`, rosbags, mcap and Foxglove read it: serialized messages, definitions, metadata.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
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
