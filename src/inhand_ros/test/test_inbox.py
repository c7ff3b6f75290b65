"""The inbox: newest message free-running, exact numbers in lockstep, gaps counted."""

from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState

from inhand_interfaces.msg import Trial
from inhand_ros.codecs import to_stamp
from inhand_ros.inbox import Inbox, SequenceCounter
from inhand_ros.polled import make_inbox


def trial(sequence):
    message = Trial(sequence=sequence, trial_id=100 + sequence)
    message.header.stamp = to_stamp(sequence * 1000)
    return message


def test_counter_counts_gaps_and_restarts():
    counter = SequenceCounter()
    for sequence in (3, 4, 7, 8, 0, 1):
        counter.add(sequence)
    assert (counter.received, counter.lost, counter.restarts, counter.last) == (6, 2, 1, 1)


def test_a_forged_number_is_no_loss_of_quintillions():
    counter = SequenceCounter()
    for sequence in (3, 2**64 - 1, 4, 6):
        counter.add(sequence)
    assert (counter.received, counter.lost, counter.restarts) == (4, 1, 2)


def test_free_running_gives_the_newest():
    inbox = Inbox(12.5, lockstep=False)
    assert inbox.signal() is None and inbox.stamp_ns is None
    inbox.put(trial(0))
    inbox.put(trial(1))
    assert inbox.signal().trial_id == [101]
    assert inbox.stamp_ns == 1000


def test_lockstep_gives_the_number_asked_for_though_newer_ones_have_come():
    inbox = Inbox(12.5, lockstep=True)
    assert inbox.has(-1) and not inbox.has(0)
    for sequence in range(4):
        inbox.put(trial(sequence))
    assert inbox.has(3) and not inbox.has(4)
    for wanted in (0, 0, 2, 2, 3):
        inbox.select(wanted)
        assert inbox.signal().trial_id == [100 + wanted]
    assert inbox.has(3), "a message that was used still counts as received"


def test_messages_without_a_number_are_numbered_by_their_stamps():
    inbox = Inbox(200.0, lockstep=True)
    message = JointState()
    message.header.stamp = to_stamp(35_000_000)
    assert inbox.put(message) == 7


def test_a_signal_is_decoded_once():
    inbox = Inbox(1.0, lockstep=False)
    inbox.put(trial(0))
    assert inbox.signal() is inbox.signal()


def test_serialized_messages_are_counted_and_the_newest_is_read():
    inbox = make_inbox(Trial, 12.5, lockstep=False)
    assert inbox.signal() is None and inbox.stamp_ns is None
    for sequence in (0, 1, 4):
        assert inbox.put_serialized(serialize_message(trial(sequence))) == sequence
        assert inbox.stamp_ns == sequence * 1000
    assert (inbox.counter.received, inbox.counter.lost) == (3, 2)
    first = inbox.signal()
    assert first.trial_id == [104] and inbox.signal() is first
    inbox.put_serialized(serialize_message(trial(5)))
    assert inbox.signal().trial_id == [105]


def test_serialized_messages_without_a_number_are_numbered_by_their_stamps():
    inbox = make_inbox(JointState, 200.0, lockstep=False)
    message = JointState(position=[0.0] * 24, velocity=[0.0] * 24, effort=[0.0] * 24)
    for number in (3, 4, 6):
        message.header.stamp = to_stamp(number * 5_000_000)
        assert inbox.put_serialized(serialize_message(message)) == number
    assert inbox.counter.lost == 1
    assert inbox.signal().position.shape == (1, 24)
