"""Bags, YAML and JSON as targets of the fuzzer: read to the end, repaired and read again, or refused by name."""

from __future__ import annotations

import struct
import tempfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from inhand_core.config import ConfigError, read_json, read_yaml
from inhand_core.fuzzing import Target
from inhand_data.bags import BagError, open_bag
from inhand_data.repair import repair_bag
from inhand_data.stamps import ShortMessage, read_header

_READING = b"std_msgs/Header header\nuint64 sequence\nfloat64[] value\n" + b"\n".join(
    [
        b"=" * 80,
        b"MSG: std_msgs/Header",
        b"builtin_interfaces/Time stamp\nstring frame_id",
        b"=" * 80,
        b"MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n",
    ]
)
_CHUNK = 0x06


def _seed(compression: CompressionType, **options: Any) -> bytes:
    """A small bag."""
    stream = BytesIO()
    writer = Writer(stream, compression=compression, chunk_size=400, **options)
    writer.start("ros2", "fuzz")
    schema = writer.register_schema("test_msgs/msg/Reading", "ros2msg", _READING)
    channel = writer.register_channel("/reading", "cdr", schema, {"offered_qos_profiles": "[]"})
    for number in range(12):
        head = struct.pack("<4siII1s3xQ", b"\0\1\0\0", number, 5, 1, b"\0", number)
        writer.add_message(channel, number, head + struct.pack("<I4xd", 1, 0.5), number, number)
    writer.add_metadata("rosbag2", {"serialized_metadata": "ros_distro: jazzy\ncustom_data: {a: b}\n"})
    writer.finish()
    return stream.getvalue()


def bag() -> Target:
    """Whole files; each is read to the end, every message deserialized, then repaired and read again."""
    seeds = (*map(_seed, CompressionType), _seed(CompressionType.NONE, use_chunking=False))
    place = tempfile.TemporaryDirectory(prefix="inhand_fuzz_")

    def read(path: Path) -> int:
        count = 0
        with open_bag(path) as found:
            for entry in found.entries():
                count += 1
                try:
                    read_header(entry.data)
                    found.message(entry)
                except (ShortMessage, BagError):
                    continue
            for topic in found.topics:
                found.has_sequence(topic)
            assert isinstance(found.problems, list)
        return count

    def parse(data: bytes, keep: tempfile.TemporaryDirectory = place) -> None:
        path = Path(keep.name) / "fuzz.mcap"
        path.write_bytes(data)
        before = read(path)
        repair_bag(path)
        if read(path) < before:
            raise AssertionError("a repair lost messages")

    return Target(seeds, parse, (BagError,), _checksums, slow=50)


def yaml_text() -> Target:
    """Texts of configuration files."""
    seeds = (
        b"port: 8080\nscene: {light: [1, 2.5], name: 'x'}\n",
        b"a: &a {b: 1}\nc: {<<: *a, d: .inf}\ne: [*a, *a]\n",
        b"/**:\n  ros__parameters:\n    rate: 5\n    list: [[1, 2], [3]]\n",
    )
    place = tempfile.TemporaryDirectory(prefix="inhand_fuzz_")

    def parse(data: bytes, keep: tempfile.TemporaryDirectory = place) -> None:
        path = Path(keep.name) / "fuzz.yaml"
        path.write_bytes(data)
        read_yaml(path)

    return Target(seeds, parse, (ConfigError,), slow=5)


def json_text() -> Target:
    """Texts of metadata of weights and datasets."""
    seeds = (b'{"a": [1, 2.5e3, "x\\n"], "b": {"c": null, "d": true}}', b'{"format": "inhand-policy", "clip": 5.0}')
    return Target(seeds, lambda data: read_json(data.decode("latin1"), "fuzz"), (ConfigError,))


def _checksums(data: bytes) -> bytes:
    """The same with right checksums in uncompressed chunks, where the records can be followed."""
    changed, at = bytearray(data), 8
    while at + 9 <= len(changed):
        opcode, length = struct.unpack_from("<BQ", changed, at)
        body = at + 9
        if length > len(changed) - body:
            break
        if opcode == _CHUNK and length > 40 and changed[body + 28 : body + 32] == bytes(4):
            struct.pack_into("<I", changed, body + 24, zlib.crc32(changed[body + 40 : body + length]))
        at = body + length
    return bytes(changed)
