"""Bags of every kind and state are read, or refused by name: never a bare exception, never a message lost."""

import random

import pytest
import zstandard
from mcap.writer import CompressionType, IndexType, Writer
from mcap_maker import KIND, MS, STRING, reading, string, write_bag, write_metadata

from inhand_data.bags import BagError, open_bag
from inhand_data.stamps import sequence_of


def sequences(path, **options):
    """Sequence numbers of /reading, deserialized; the words; and what is wrong."""
    with open_bag(path) as bag:
        numbers = [bag.message(entry).sequence for entry in bag.entries(["/reading"], **options)]
        words = [message.data for _, message in bag.messages(["/word"])]
        return numbers, words, bag.problems


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize(
    "options", [{}, {"use_chunking": False}, {"index_types": IndexType.NONE}, {"use_statistics": False}]
)
def test_a_whole_file_is_read_with_and_without_its_index(tmp_path, compression, options):
    path = write_bag(tmp_path / "a.mcap", compression=compression, **options)
    assert sequences(path) == (list(range(100)), ["word 0"], [])
    with open_bag(path) as bag:
        assert bag.topics == {"/reading": KIND, "/word": STRING}
        assert bag.count(["/reading"]) == 100 and bag.count(bag.topics) == 101
        assert bag.has_header("/reading") and bag.has_sequence("/reading") and not bag.has_header("/word")
        assert bag.latched("/word") and not bag.latched("/reading") and bag.lost() is None
        entry = next(bag.entries(["/reading"]))
        assert (entry.topic, entry.kind, entry.log_ns, entry.data) == (
            "/reading",
            KIND,
            10**12,
            reading(10**12 - MS, 0),
        )
        assert not list(bag.entries(["/nothing"]))


def test_a_file_that_ends_anywhere_gives_every_whole_message_before(tmp_path):
    whole = write_bag(tmp_path / "whole.mcap", count=40).read_bytes()
    torn = tmp_path / "torn/torn_0.mcap"
    torn.parent.mkdir()
    most = 0
    for length in range(len(whole) - 1, 8, -61):
        torn.write_bytes(whole[:length])
        with open_bag(torn) as bag:
            numbers = [sequence_of(entry.data) for entry in bag.entries(["/reading"])]
            assert numbers == list(range(len(numbers))) and bag.problems, length
        most = max(most, len(numbers))
    assert most == 40
    torn.write_bytes(whole[:-1])
    numbers, _, problems = sequences(torn.parent)
    assert numbers == list(range(40))
    assert "no metadata.yaml" in problems[0] and "inhand bag repair" in problems[0]


@pytest.mark.parametrize("compression", list(CompressionType))
def test_messages_of_a_chunk_that_was_cut_in_two_are_saved(tmp_path, compression):
    """A chunk of 2 MB of text in blocks that the compressions end one by one."""
    path = tmp_path / "big.mcap"
    writer = Writer(str(path), compression=compression, chunk_size=1 << 30)
    writer.start("ros2", "test")
    channel = writer.register_channel("/word", "cdr", writer.register_schema(STRING, "ros2msg", b"string data\n"))
    draw = random.Random(0)
    texts = [f"{number} {draw.randbytes(4000).hex()}" for number in range(250)]
    for number, text in enumerate(texts):
        writer.add_message(channel, number, string(text), number)
    writer.finish()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with open_bag(path) as bag:
        found = [message.data for _, message in bag.messages(["/word"])]
        assert "was cut off" in bag.problems[0]
    assert found == texts[: len(found)] and len(found) > 100


@pytest.mark.parametrize("compression", [CompressionType.LZ4, CompressionType.NONE])
def test_a_broken_chunk_costs_its_own_messages_and_is_named(tmp_path, compression):
    path = write_bag(tmp_path / "a.mcap", compression=compression)
    data = bytearray(path.read_bytes())
    with open_bag(path) as bag:
        second = bag._source._files[0].contents.chunks[1]
    data[second.start + second.length // 2] ^= 0xFF
    path.write_bytes(data)
    numbers, _, problems = sequences(path)
    missing = set(range(100)) - set(numbers)
    assert 0 < len(missing) < 30 and numbers == sorted(numbers)
    assert len(problems) == 1 and "a.mcap: at byte" in problems[0]


def test_files_of_a_split_bag_follow_each_other_by_their_numbers(tmp_path):
    for number in range(12):
        write_bag(tmp_path / f"run/run_{number}.mcap", count=10, first=10 * number)
    numbers, _, problems = sequences(tmp_path / "run")
    assert numbers == list(range(120)) and len(problems) == 1  # no metadata.yaml
    write_metadata(tmp_path / "run", [f"run_{n}.mcap" for n in range(12)])
    assert sequences(tmp_path / "run") == (list(range(120)), ["word 0", "word 100"], [])
    with open_bag(tmp_path / "run") as bag:
        assert bag.lost() == {"/word": 3}
    (tmp_path / "run/run_5.mcap").unlink()
    numbers, _, problems = sequences(tmp_path / "run")
    assert numbers == [*range(50), *range(60, 120)] and "['run_5.mcap'] of metadata.yaml are missing" in problems[0]
    (tmp_path / "run/run_4.mcap").write_bytes(b"")
    numbers, _, problems = sequences(tmp_path / "run")
    assert numbers == [*range(40), *range(60, 120)] and "run_4.mcap: it is empty: left out" in problems[1]
    write_bag(tmp_path / "run/other.mcap")
    assert any("['other.mcap'] are not in metadata.yaml" in text for text in sequences(tmp_path / "run")[2])


def test_bags_compressed_by_file_and_by_message_are_read(tmp_path):
    packed = tmp_path / "file/a_0.mcap.zstd"
    packed.parent.mkdir()
    packed.write_bytes(zstandard.compress(write_bag(tmp_path / "a_0.mcap").read_bytes()))
    assert sequences(packed)[0] == list(range(100))
    assert sequences(packed.parent)[0] == list(range(100))
    write_metadata(packed.parent, ["a_0.mcap.zstd"], compression_mode="FILE", compression_format="zstd")
    assert sequences(packed.parent) == (list(range(100)), ["word 0"], [])

    compressor = zstandard.ZstdCompressor()
    write_bag(tmp_path / "message/m_0.mcap", pack=compressor.compress)
    write_metadata(tmp_path / "message", ["m_0.mcap"], compression_mode="MESSAGE", compression_format="zstd")
    assert sequences(tmp_path / "message") == (list(range(100)), ["word 0"], [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a mapping"),
        ("a: [1", "not YAML"),
        ("rosbag2_bagfile_information: 3", "expected a mapping"),
        ("rosbag2_bagfile_information: {relative_file_paths: 7}", "relative_file_paths"),
    ],
)
def test_metadata_that_cannot_be_read_is_named_and_the_files_are_read(tmp_path, text, words):
    write_bag(tmp_path / "run/run_0.mcap")
    (tmp_path / "run/metadata.yaml").write_text(text)
    numbers, _, problems = sequences(tmp_path / "run")
    assert numbers == list(range(100)) and words in problems[0] and "read from the files instead" in problems[0]


def test_topics_that_only_metadata_knows_are_named(tmp_path):
    write_bag(tmp_path / "run/run_0.mcap")
    ghost = {"topic_metadata": {"name": "/ghost", "type": KIND, "serialization_format": "cdr"}, "message_count": 4}
    write_metadata(tmp_path / "run", ["run_0.mcap"], topics_with_message_count=[ghost], storage_identifier="")
    assert sequences(tmp_path / "run")[2] == ["metadata.yaml has messages of ['/ghost'], which no file has"]


def test_foreign_messages_do_not_spoil_ours(tmp_path):
    path = tmp_path / "foreign.mcap"
    writer = Writer(str(path))
    writer.start("", "x")
    topics = [
        ("/events", "json", ("Event", "jsonschema", b'{"type": "object"}'), b'{"k": 1}'),
        ("/raw", "", None, b"abc"),
        ("/broken", "cdr", ("pkg/msg/Broken", "ros2msg", b"\xff\xfe"), b"\0\1\0\0"),
        ("/unknown", "cdr", ("pkg/msg/Unknown", "ros2msg", b""), b"\0\1\0\0"),
        ("/proto", "protobuf", ("a.B", "protobuf", b"\x0a\x01"), b"\x08\x01"),
        ("/chatter", "cdr", (STRING, "ros2msg", b"string data\n"), string("hello")),
        ("/own_header", "cdr", ("std_msgs/msg/Header", "ros2msg", b"string frame\n"), string("mine")),
        ("/short", "cdr", (STRING, "ros2msg", b"string data\n"), b""),
    ]
    for topic, encoding, schema, data in topics:
        number = 0 if schema is None else writer.register_schema(*schema)
        writer.add_message(writer.register_channel(topic, encoding, number), 5, data, 5)
    writer.finish()
    with open_bag(path) as bag:
        assert set(bag.topics) == {row[0] for row in topics}
        entries = {entry.topic: entry for entry in bag.entries()}
        assert entries["/raw"].data == b"abc"
        assert bag.message(entries["/chatter"]).data == "hello"
        assert bag.message(entries["/own_header"]).frame == "mine"  # not the standard's
        for topic, words in {
            "/events": "'json', not 'cdr'",
            "/proto": "'protobuf', not 'cdr'",
            "/broken": "description of 'pkg/msg/Broken' cannot be read",
            "/unknown": "does not describe the type 'pkg/msg/Unknown'",
            "/short": "0 bytes are no std_msgs/msg/String",
        }.items():
            with pytest.raises(BagError, match=f"foreign.mcap: {topic}: .*{words}"):
                bag.message(entries[topic])
            assert not bag.has_header(topic)


def test_what_is_no_bag_is_refused_by_name(tmp_path):
    with pytest.raises(BagError, match=r"gone: no such bag"), open_bag(tmp_path / "gone"):
        pass
    (tmp_path / "empty").mkdir()
    with pytest.raises(BagError, match=r"empty: no file of a bag"), open_bag(tmp_path / "empty"):
        pass
    for name, content in (
        ("a.mcap", b""),
        ("b.mcap", b"hello, this is text"),
        ("c.txt", b"x"),
        ("d.db3", b"no database"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BagError, match=f"{name}: not a bag"), open_bag(tmp_path / name):
            pass


def test_messages_come_by_reception_or_as_they_are_stored(tmp_path):
    path = tmp_path / "jump.mcap"
    writer = Writer(str(path), chunk_size=200)
    writer.start("ros2", "x")
    channel = writer.register_channel("/word", "cdr", writer.register_schema(STRING, "ros2msg", b"string data\n"))
    times = [*range(100, 120), *range(105, 130)]
    for number, time in enumerate(times):
        writer.add_message(channel, time, string(str(number)), time)
    writer.finish()
    with open_bag(path) as bag:
        assert [entry.log_ns for entry in bag.entries()] == sorted(times)
        assert [bag.message(e).data for e in bag.entries(stored_order=True)] == [str(n) for n in range(len(times))]


def test_bags_of_sqlite_are_read(tmp_path):
    from rosbags.rosbag2 import StoragePlugin
    from rosbags.rosbag2 import Writer as Bag2
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    with Bag2(tmp_path / "db", version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection("/word", STRING, typestore=store)
        for number in range(3):
            writer.write(connection, number, string(str(number)))
    with open_bag(tmp_path / "db") as bag:
        assert [message.data for _, message in bag.messages(["/word"])] == ["0", "1", "2"]
        assert bag.count(["/word"]) == 3 and bag.topics == {"/word": STRING}
