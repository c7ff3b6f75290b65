"""Bags for the tests, written by the mcap library alone."""

from __future__ import annotations

import struct
from pathlib import Path

import yaml
from mcap.writer import CompressionType, Writer

from inhand_data.bag_metadata import qos_yaml

DEFINITION = b"std_msgs/Header header\nuint64 sequence\nfloat64 value\n" + b"\n".join(
    [
        b"=" * 80,
        b"MSG: std_msgs/Header",
        b"builtin_interfaces/Time stamp\nstring frame_id",
        b"=" * 80,
        b"MSG: builtin_interfaces/Time",
        b"int32 sec\nuint32 nanosec\n",
    ]
)
KIND, STRING = "test_msgs/msg/Reading", "std_msgs/msg/String"
MS = 1_000_000


def reading(stamp_ns: int, sequence: int, value: float = 0.5) -> bytes:
    """A serialized Reading with an empty frame."""
    head = struct.pack("<4siII1s3x", b"\0\1\0\0", stamp_ns // 10**9, stamp_ns % 10**9, 1, b"\0")
    return head + struct.pack("<Qd", sequence, value)


def string(text: str) -> bytes:
    """A serialized String."""
    data = text.encode() + b"\0"
    return b"\0\1\0\0" + struct.pack("<I", len(data)) + data


def write_bag(
    path: Path,
    count: int = 100,
    compression: CompressionType = CompressionType.LZ4,
    first: int = 0,
    chunk_size: int = 1000,
    pack=lambda data: data,
    **options,
) -> Path:
    """An MCAP file of readings at 100 Hz and a latched string a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = Writer(str(path), compression=compression, chunk_size=chunk_size, **options)
    writer.start("ros2", "test")
    schemas = [writer.register_schema(KIND, "ros2msg", DEFINITION)]
    schemas += [writer.register_schema(STRING, "ros2msg", b"string data\n")]
    channels = [writer.register_channel("/reading", "cdr", schemas[0], {"offered_qos_profiles": qos_yaml(True, False)})]
    channels += [writer.register_channel("/word", "cdr", schemas[1], {"offered_qos_profiles": qos_yaml(True, True)})]
    for number in range(first, first + count):
        log = 10**12 + number * 10 * MS
        writer.add_message(channels[0], log, pack(reading(log - MS, number)), log - MS, number)
        if number % 100 == 0:
            writer.add_message(channels[1], log, pack(string(f"word {number}")), log, number)
    writer.finish()
    return path


def write_metadata(folder: Path, names: list[str], **changes) -> None:
    """A metadata.yaml that lists files."""
    topics = [
        {"topic_metadata": {"name": "/reading", "type": KIND, "serialization_format": "cdr"}, "message_count": 100},
    ]
    told = {"version": 9, "storage_identifier": "mcap", "relative_file_paths": names}
    told |= {"topics_with_message_count": topics, "custom_data": {"numbered by publisher": "yes", "lost /word": "3"}}
    told |= {"compression_mode": "", "compression_format": "", "message_count": 100, **changes}
    (folder / "metadata.yaml").write_text(yaml.safe_dump({"rosbag2_bagfile_information": told}))
