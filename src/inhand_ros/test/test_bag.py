"""A bag is read back, message for message, by the readers its users have."""

import numpy as np
import pytest
from mcap.reader import make_reader
from rclpy.serialization import serialize_message
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from inhand_core.config import ConfigError
from inhand_core.signals import HandAction, Markers, Trial
from inhand_ros.bag import Bag
from inhand_ros.codecs import Labels, encode
from inhand_ros.message_definitions import message_definition
from inhand_ros.raw import RawMessage

KINDS = {"/mocap/markers": "inhand_interfaces/msg/Markers", "/hand/action": "inhand_interfaces/msg/HandAction"}


@pytest.fixture
def bag(tmp_path):
    """A bag of 300 frames of markers and 10 actions."""
    writer = Bag(tmp_path / "run", "kilted")
    for topic, kind in KINDS.items():
        writer.add_topic(topic, kind, True, False)
    rng = np.random.default_rng(0)
    for n in range(300):
        signals = {"/mocap/markers": Markers(rng.normal(size=(1, 17, 3)), np.ones((1, 17)))}
        if n % 30 == 0:
            signals["/hand/action"] = HandAction(rng.normal(size=(1, 20)), np.full((1, 20), -1), np.array([n]))
        for topic, signal in signals.items():
            time_ns = 1_000_000_000 + n * 4_166_667
            message = encode(signal, time_ns, n, Labels())
            writer.write(RawMessage(topic, serialize_message(message), time_ns, time_ns + 1000))
    writer.close()
    return writer


def test_rosbags_reads_every_message(bag):
    with AnyReader([bag.folder], default_typestore=get_typestore(Stores.EMPTY)) as reader:
        assert {c.topic: c.msgcount for c in reader.connections} == {"/mocap/markers": 300, "/hand/action": 10}
        sequences, ids = [], []
        for connection, _, raw in reader.messages():
            message = reader.deserialize(raw, connection.msgtype)
            if connection.topic == "/mocap/markers":
                sequences.append(message.sequence)
                assert len(message.x) == 17
            else:
                ids.append(message.trial_id)
    assert sequences == list(range(300))
    assert ids == list(range(0, 300, 30))


def test_mcap_reads_every_message(bag):
    with next(bag.folder.glob("*.mcap")).open("rb") as file:
        found = [(channel.topic, message.log_time) for _, channel, message in make_reader(file).iter_messages()]
    assert len(found) == 310
    assert found[0][1] == 1_000_001_000


def test_definitions_bring_the_messages_within():
    text = message_definition("inhand_interfaces/msg/ObjectPose")
    names = [line.removeprefix("MSG: ") for line in text.splitlines() if line.startswith("MSG: ")]
    assert set(names) == {
        "std_msgs/Header",
        "builtin_interfaces/Time",
        "geometry_msgs/PoseWithCovariance",
        "geometry_msgs/Pose",
        "geometry_msgs/Point",
        "geometry_msgs/Quaternion",
    }


def test_messages_keep_their_order_whatever_their_times(tmp_path):
    writer = Bag(tmp_path / "run", "kilted")
    writer.add_topic("/trial", "inhand_interfaces/msg/Trial", True, False)
    for number, received in ((0, 500), (1, 900), (2, 700), (3, 901)):
        message = encode(Trial(*(np.array([0]) for _ in range(4))), 0, number, Labels())
        writer.write(RawMessage("/trial", serialize_message(message), 1, received))
    writer.close()
    with AnyReader([tmp_path / "run"]) as reader:
        assert [reader.deserialize(raw, c.msgtype).sequence for c, _, raw in reader.messages()] == [0, 1, 2, 3]


def test_a_bag_is_not_overwritten(bag):
    with pytest.raises(ConfigError, match="exists"):
        Bag(bag.folder, "kilted")
