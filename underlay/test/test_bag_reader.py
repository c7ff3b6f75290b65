"""`ros2 bag info` of files, of folders without metadata.yaml, of files that end early, and of compressed ones."""

import argparse
import struct
from contextlib import ExitStack
from pathlib import Path

import pytest
import zstandard
from mcap.writer import Writer
from rosbags.rosbag2.errors import ReaderError

from ros2_lite.bag.info import info
from ros2_lite.bag.reader import open_bag

METADATA = """rosbag2_bagfile_information:
  version: 9
  storage_identifier: mcap
  duration: {nanoseconds: 1}
  starting_time: {nanoseconds_since_epoch: 1}
  message_count: 50
  topics_with_message_count:
  - topic_metadata: {name: /word, type: std_msgs/msg/String, serialization_format: cdr, offered_qos_profiles: []}
    message_count: 50
  compression_format: zstd
  compression_mode: FILE
  relative_file_paths: [b_0.mcap.zstd]
  files: []
  custom_data: {}
  ros_distro: jazzy
"""


def write(path: Path) -> bytes:
    """Write 50 strings; return the file's bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = Writer(str(path), chunk_size=300)
    writer.start("ros2", "test")
    schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data")
    channel = writer.register_channel("/word", "cdr", schema, {"offered_qos_profiles": ""})
    for number in range(50):
        writer.add_message(channel, 10**9 + number, b"\0\1\0\0" + struct.pack("<I2s", 2, b"x\0"), number)
    writer.finish()
    return path.read_bytes()


def shown(path: Path, capsys: pytest.CaptureFixture) -> tuple[str, str]:
    """What `ros2 bag info` prints."""
    assert info(argparse.Namespace(bag_path=path, topic_name=False, storage=None)) == 0
    return capsys.readouterr()


def count(path: Path) -> int:
    """Messages that are read."""
    with ExitStack() as stack:
        bag = open_bag(path, stack)
        found = list(bag.messages({"/word"}))
        assert len(found) == bag.count and [row[1] for row in found] == sorted(row[1] for row in found)
        return len(found)


def test_a_file_and_a_folder_without_metadata(tmp_path, capsys):
    size = len(write(tmp_path / "b/b_0.mcap"))
    for path in (tmp_path / "b/b_0.mcap", tmp_path / "b"):
        out, _ = shown(path, capsys)
        assert "Files:             b_0.mcap" in out and "Messages:          50" in out
        assert f"Bag size:          {size / 1024:.1f} KiB" in out and "Topic: /word | Type: std_msgs/msg/String" in out
        assert count(path) == 50
    assert "note: no metadata.yaml" in shown(tmp_path / "b", capsys)[1]


def test_a_file_that_ends_early_shows_what_is_there(tmp_path, capsys):
    data = write(tmp_path / "b/b_0.mcap")
    (tmp_path / "b/b_0.mcap").write_bytes(data[: len(data) // 2])
    out, error = shown(tmp_path / "b", capsys)
    assert "Topic: /word" in out and "ends without an index" in error
    assert 10 < count(tmp_path / "b") < 50


def test_a_file_that_is_compressed_as_a_whole_is_listed_with_its_size(tmp_path, capsys):
    packed = zstandard.compress(write(tmp_path / "b_0.mcap"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b/b_0.mcap.zstd").write_bytes(packed)
    assert count(tmp_path / "b") == 50
    (tmp_path / "b/metadata.yaml").write_text(METADATA)
    out, error = shown(tmp_path / "b", capsys)
    size = len(packed)
    told = f"{size:.1f} B" if size < 1024 else f"{size / 1024:.1f} KiB"
    assert "b_0.mcap.zstd" in out and f"Bag size:          {told}" in out and not error
    assert count(tmp_path / "b") == 50


def test_what_is_no_bag_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mcap").write_text("hello")
    for path in (tmp_path / "gone", tmp_path / "empty", tmp_path / "text.mcap"):
        with pytest.raises((ReaderError, OSError)), ExitStack() as stack:
            open_bag(path, stack)
