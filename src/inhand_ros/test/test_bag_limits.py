"""Bags in several files, on disks that fill up or are slow: what was recorded can be read, what was not is counted."""

import resource
import signal
import time

import pytest
import yaml
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from inhand_core.config import ConfigError
from inhand_ros.bag import Bag, BagConfig, DiskFull
from inhand_ros.bag_writer import BagWriter
from inhand_ros.raw import RawMessage

TOPIC, SIZE = "/blob", 300_000
KIND = "std_msgs/msg/String"


def message(number, log_ns=None, publisher=b"a"):
    """A String of SIZE letters, different in each message and not compressible by much."""
    text = f"{number:08d}".encode() * (SIZE // 8)
    cdr = b"\0\1\0\0" + (len(text) + 1).to_bytes(4, "little") + text + b"\0"
    log_ns = 10**9 * (number + 1) if log_ns is None else log_ns
    return RawMessage(TOPIC, cdr, log_ns, log_ns, number, publisher)


def new_bag(path, **limits):
    bag = Bag(path, "kilted", BagConfig(**{"keep_free_mb": 0.0, "compression": "none", **limits}))
    bag.add_topic(TOPIC, KIND, True, False)
    return bag


def numbers(folder):
    """Numbers of the messages in a bag, as rosbags reads them; fails where the bag does not open."""
    with AnyReader([folder], default_typestore=get_typestore(Stores.EMPTY)) as reader:
        return [int(reader.deserialize(raw, c.msgtype).data[:8]) for c, _, raw in reader.messages()]


def information(folder):
    return yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]


@pytest.fixture
def file_limit():
    """Lets no file grow beyond 3 MB, as a full disk or a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("limits", [{"split_mb": 2.0}, {"split_s": 7.0}])
def test_a_bag_is_split_without_losing_a_message(tmp_path, limits):
    bag = new_bag(tmp_path / "run", **limits)
    for number in range(30):
        bag.write(message(number))
    bag.close()
    assert numbers(bag.folder) == list(range(30))
    told = information(bag.folder)
    assert len(told["files"]) == len(list(bag.folder.glob("*.mcap"))) >= 4
    assert sum(file["message_count"] for file in told["files"]) == told["message_count"] == 30
    if "split_s" in limits:
        assert max(file["duration"]["nanoseconds"] for file in told["files"]) < 7e9
    else:
        assert max(path.stat().st_size for path in bag.folder.glob("*.mcap")) < 4e6


def test_a_bag_opens_after_the_disk_has_refused_a_write(tmp_path, file_limit):
    bag = new_bag(tmp_path / "run")
    with pytest.raises(OSError, match="large"):
        for number in range(100):
            bag.write(message(number))
    got = numbers(bag.folder)
    assert got == list(range(len(got))) and len(got) >= 3
    assert information(bag.folder)["message_count"] == len(got)
    with next(bag.folder.glob("*.mcap")).open("rb") as file:
        assert len(list(make_reader(file).iter_messages())) == len(got)
    with pytest.raises(OSError, match="closed"):
        bag.write(message(0))


@pytest.mark.parametrize(("room", "kept"), [(100, 8), (0, 4)])
def test_a_bag_opens_after_the_disk_has_refused_its_end(tmp_path, file_limit, room, kept):
    bag = new_bag(tmp_path / "run")
    for number in range(10):  # chunks of four messages; two wait for the end
        bag.write(message(number))
    size = next(bag.folder.glob("*.mcap")).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    with pytest.raises(OSError, match="large"):
        bag.close()
    assert numbers(bag.folder) == list(range(kept))
    assert information(bag.folder)["message_count"] == kept


def test_recording_ends_before_the_disk_is_full(tmp_path):
    bag = new_bag(tmp_path / "run", keep_free_mb=1e12)
    with pytest.raises(DiskFull, match="MiB free on the disk"):
        bag.write(message(0))
    assert numbers(bag.folder) == []


def test_a_slow_disk_costs_messages_that_are_counted_and_no_memory(tmp_path, monkeypatch):
    bag = new_bag(tmp_path / "run")
    write = bag.write
    monkeypatch.setattr(bag, "write", lambda m: (time.sleep(0.02), write(m)))
    writer = BagWriter(bag, queue_mb=1.0)
    taken = []
    for number in range(20):
        if writer.put(message(number)):
            taken.append(number)
        assert writer.waiting_mb <= 1.0
    writer.close()
    assert numbers(bag.folder) == taken
    assert writer.dropped == {TOPIC: 20 - len(taken)} and len(taken) < 20
    assert writer.error is None


def test_the_writer_stops_at_a_full_disk_and_says_what_is_missing(tmp_path, file_limit):
    writer = BagWriter(new_bag(tmp_path / "run"), queue_mb=100.0)
    accepted = sum(writer.put(message(number)) for number in range(40))
    writer.close()
    got = numbers(writer.bag.folder)
    assert writer.error is not None and "large" in str(writer.error)
    assert got == list(range(len(got)))
    assert writer.dropped[TOPIC] >= accepted - len(got) - 3  # up to a chunk was taken and cut off again


def test_losses_on_the_way_are_counted_by_publisher(tmp_path):
    bag = new_bag(tmp_path / "run")
    for number, publisher in ((5, b"a"), (90, b"b"), (6, b"a"), (9, b"a"), (91, b"b")):
        bag.write(message(number, log_ns=number, publisher=publisher))
    bag.close()
    assert bag.lost == {TOPIC: 2}
    assert information(bag.folder)["custom_data"] == {"numbered by publisher": "yes", f"lost {TOPIC}": "2"}


def test_bad_limits_are_refused():
    with pytest.raises(ConfigError, match="split_mb"):
        BagConfig(split_mb=-1.0)
    with pytest.raises(ConfigError, match="gzip"):
        BagConfig(compression="gzip")
