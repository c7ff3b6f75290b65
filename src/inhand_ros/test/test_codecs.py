"""Messages say exactly what signals do: decode after encode, and after a trip through the wire format, is identity."""

import dataclasses

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from inhand_core.signals import (
    SIGNALS,
    Fingertips,
    Goal,
    HandAction,
    HandSensors,
    JointStates,
    Markers,
    MotorCommands,
    ObjectPose,
    Trial,
)
from inhand_ros.codecs import Labels, decode, encode, to_ns, to_stamp

RNG = np.random.default_rng(0)


def numbers(*shape):
    """Normal numbers of very different sizes: what survives these survives all."""
    return RNG.normal(size=(1, *shape)) * 10.0 ** RNG.integers(-12, 12, size=(1, *shape))


EXAMPLES = [
    Markers(numbers(17, 3), numbers(17)),
    HandSensors(numbers(26), numbers(20)),
    MotorCommands(numbers(20)),
    JointStates(numbers(24), numbers(24), numbers(24)),
    Fingertips(numbers(5, 3), np.array([[True, False, True, True, False]]), numbers(5)),
    ObjectPose(numbers(3), numbers(4), np.array([False]), numbers()),
    Goal(np.array([7]), np.array([3]), numbers(4)),
    HandAction(numbers(20), RNG.integers(0, 11, (1, 20)), np.array([2**31])),
    HandAction(numbers(20), np.full((1, 20), -1), np.array([2])),
    Trial(np.array([5]), np.array([49]), np.array([2]), np.array([3])),
]


@pytest.mark.parametrize("signal", EXAMPLES, ids=lambda s: type(s).__name__)
def test_signal_survives_the_wire(signal):
    message = encode(signal, 12_345_678_901, 42, Labels(joint_names=tuple(f"j{i}" for i in range(24))))
    message = deserialize_message(serialize_message(message), type(message))
    got = decode(message)
    for field in dataclasses.fields(signal):
        expected, found = getattr(signal, field.name), getattr(got, field.name)
        assert found.shape == expected.shape, field.name
        np.testing.assert_array_equal(found, expected, err_msg=field.name)
        assert found.dtype.kind == expected.dtype.kind, field.name
    assert to_ns(message.header.stamp) == 12_345_678_901
    assert getattr(message, "sequence", 42) == 42


def test_every_signal_type_has_an_example():
    assert {type(s).__name__ for s in EXAMPLES} == set(SIGNALS)


def test_labels_appear_in_messages():
    labels = Labels(object="prism", source="vision", marker_ids=(4, 8))
    assert encode(EXAMPLES[6], 0, 0, labels).object == "prism"
    assert encode(EXAMPLES[5], 0, 0, labels).source == "vision"
    assert list(encode(Markers(numbers(2, 3), numbers(2)), 0, 0, labels).id) == [4, 8]


@pytest.mark.parametrize("time_ns", [0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789])
def test_stamps_keep_every_nanosecond(time_ns):
    assert to_ns(to_stamp(time_ns)) == time_ns
