"""Reading stamp and sequence off the wire agrees with deserializing."""

import pytest
from rclpy.serialization import serialize_message

from inhand_data.stamps import read_header
from inhand_interfaces import msg as messages
from inhand_ros.codecs import to_stamp


@pytest.mark.parametrize("frame", ["", "w", "world", "hand_base", "a" * 13])
@pytest.mark.parametrize("kind", ["Markers", "HandSensors", "HandAction", "Trial", "Goal", "Fingertips", "ObjectPose"])
def test_header_is_read_as_it_was_written(kind, frame):
    message = getattr(messages, kind)(sequence=2**40 + 7)
    message.header.stamp = to_stamp(1_234_567_890_987_654_321)
    message.header.frame_id = frame
    assert read_header(serialize_message(message)) == (1_234_567_890_987_654_321, 2**40 + 7)


def test_big_endian_is_read():
    data = bytes([0, 0, 0, 0]) + (5).to_bytes(4, "big") + (6).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"\0"
    data += b"\0" * 3 + (9).to_bytes(8, "big")
    assert read_header(data) == (5_000_000_006, 9)


def test_a_short_message_has_no_sequence():
    assert read_header(bytes([0, 1, 0, 0]) + bytes(8) + (1).to_bytes(4, "little") + b"\0")[1] == -1
