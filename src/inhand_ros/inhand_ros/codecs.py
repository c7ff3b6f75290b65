"""Signals to messages and back, without loss: `decode(encode(signal)) == signal` for every signal with B = 1.

What a message carries beyond its signal (names, marker ids, the object) comes from `Labels`. Signals of other packages
are given theirs by `add_codec`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion
from sensor_msgs.msg import JointState

from inhand_core.config import ConfigError
from inhand_core.signals import (
    N_ACTUATORS,
    SIGNALS,
    Fingertips,
    Goal,
    HandAction,
    HandSensors,
    JointStates,
    Markers,
    MotorCommands,
    ObjectPose,
    Signal,
    Trial,
)
from inhand_core.times import NANOSECONDS
from inhand_data.stamps import stamp_ns
from inhand_interfaces import msg as inhand_msgs


@dataclass(frozen=True)
class Labels:
    """What messages say beyond the numbers of a signal.

    object: name or path of the object. source: of object poses, "mocap" or "vision". joint_names: (24) of JointState.
    marker_ids: (M); empty for 0 … M-1. claim: of motor commands, which controller they are from; 0: unsigned.
    frame_prefix: what the names of frames begin with.
    """

    object: str = "block"
    source: str = "mocap"
    joint_names: tuple[str, ...] = ()
    marker_ids: tuple[int, ...] = ()
    claim: int = 0
    frame_prefix: str = ""


def to_ns(stamp: Time) -> int:
    """Nanoseconds of a message stamp."""
    return stamp_ns(stamp)


def to_stamp(time_ns: int) -> Time:
    """Message stamp of nanoseconds >= 0."""
    return Time(sec=time_ns // NANOSECONDS, nanosec=time_ns % NANOSECONDS)


FRAMES = {
    Markers: "world",
    HandSensors: "",
    MotorCommands: "",
    JointStates: "",
    Fingertips: "hand_base",
    ObjectPose: "hand_base",
    Goal: "hand_base",
    HandAction: "",
    Trial: "",
}


def encode(signal: Signal, stamp_ns: int, sequence: int, labels: Labels) -> Any:
    """The message of a signal with B = 1.

    Args:
        signal: what to say; its type decides the message's type and header.frame_id.
        stamp_ns: header.stamp [ns].
        sequence: message number, from 0; ignored by JointState, which has none.
        labels: see `Labels`.
    """
    _complete(type(signal))
    message = _ENCODERS[type(signal)](signal, labels)
    frame = FRAMES[type(signal)]
    message.header.frame_id = labels.frame_prefix + frame if frame else ""
    message.header.stamp = to_stamp(stamp_ns)
    if hasattr(message, "sequence"):  # JointState has none
        message.sequence = sequence
    return message


def decode(message: Any) -> Any:
    """The signal of a message, B = 1: of the class that the message is for."""
    if type(message) not in _DECODERS:
        for signal in SIGNALS.values():
            _complete(signal)
    return _DECODERS[type(message)](message)


def add_codec(
    signal: type, message: type, encode: Callable[[Any], Any], decode: Callable[[Any], Any], frame: str = ""
) -> None:
    """Makes a signal of another package go over DDS.

    Args:
        signal: its class.
        message: the message's class; it has a header, and a field `sequence` unless it is a standard one.
        encode: message of a signal with B = 1; header and sequence are filled in afterwards.
        decode: the signal of a message.
        frame: header.frame_id.
    """
    _ENCODERS[signal] = lambda value, labels: encode(value)
    _DECODERS[message], FRAMES[signal] = decode, frame


def _complete(signal: type) -> None:
    """Lets a signal that brings its own codec add it: a static method `add_codec`, called once, where ROS is."""
    if signal in _ENCODERS:
        return
    if not hasattr(signal, "add_codec"):
        raise ConfigError(f"signal {signal.__name__!r} has no codec: give it a static method add_codec()")
    signal.add_codec()


def _doubles(values: Any) -> array:
    return array("d", np.ascontiguousarray(values, np.float64).tobytes())


def _row(values: Any, dtype: Any = np.float64) -> np.ndarray:
    return np.array(values, dtype)[None]


def _encode_markers(signal: Markers, labels: Labels) -> Any:
    position = signal.position[0]
    ids = labels.marker_ids or range(len(position))
    x, y, z = (_doubles(position[:, axis]) for axis in range(3))
    return inhand_msgs.Markers(id=array("I", ids), x=x, y=y, z=z, condition=_doubles(signal.condition[0]))


def _decode_markers(message: Any) -> Markers:
    position = np.stack([np.frombuffer(axis) for axis in (message.x, message.y, message.z)], axis=-1)
    return Markers(position[None], _row(np.frombuffer(message.condition)))


def _encode_sensors(signal: HandSensors, labels: Labels) -> Any:
    start = int(signal.start[0])
    return inhand_msgs.HandSensors(hall=signal.hall[0], motor_current=signal.motor_current[0], start=start)


def _decode_sensors(message: Any) -> HandSensors:
    return HandSensors(_row(message.hall), _row(message.motor_current), np.array([message.start]))


def _encode_commands(signal: MotorCommands, labels: Labels) -> Any:
    return inhand_msgs.MotorCommands(torque=signal.torque[0], claim=labels.claim)


def _decode_commands(message: Any) -> MotorCommands:
    return MotorCommands(_row(message.torque))


def _encode_joints(signal: JointStates, labels: Labels) -> JointState:
    numbers = {name: _doubles(getattr(signal, name)[0]) for name in ("position", "velocity", "effort")}
    return JointState(name=list(labels.joint_names), **numbers)


def _decode_joints(message: JointState) -> JointStates:
    return JointStates(*(_row(np.frombuffer(v)) for v in (message.position, message.velocity, message.effort)))


def _encode_fingertips(signal: Fingertips, labels: Labels) -> Any:
    points = [Point(x=x, y=y, z=z) for x, y, z in signal.position[0].tolist()]
    return inhand_msgs.Fingertips(position=points, valid=signal.valid[0].tolist(), age=signal.age[0])


def _decode_fingertips(message: Any) -> Fingertips:
    points = [(p.x, p.y, p.z) for p in message.position]
    return Fingertips(_row(points), _row(message.valid, bool), _row(message.age))


def _quaternion(values: np.ndarray) -> Quaternion:
    x, y, z, w = values.tolist()
    return Quaternion(x=x, y=y, z=z, w=w)


def _encode_pose(signal: ObjectPose, labels: Labels) -> Any:
    message = inhand_msgs.ObjectPose(source=labels.source, valid=bool(signal.valid[0]), age=float(signal.age[0]))
    x, y, z = signal.position[0].tolist()
    message.pose.pose.position = Point(x=x, y=y, z=z)
    message.pose.pose.orientation = _quaternion(signal.orientation[0])
    message.reason = "" if message.valid else "markers lost"
    return message


def _decode_pose(message: Any) -> ObjectPose:
    p, q = message.pose.pose.position, message.pose.pose.orientation
    return ObjectPose(_row([p.x, p.y, p.z]), _row([q.x, q.y, q.z, q.w]), np.array([message.valid]), _row(message.age))


def _encode_goal(signal: Goal, labels: Labels) -> Any:
    trial_id, goal_id = int(signal.trial_id[0]), int(signal.goal_id[0])
    orientation = _quaternion(signal.orientation[0])
    return inhand_msgs.Goal(trial_id=trial_id, goal_id=goal_id, orientation=orientation, object=labels.object)


def _decode_goal(message: Any) -> Goal:
    q = message.orientation
    return Goal(np.array([message.trial_id]), np.array([message.goal_id]), _row([q.x, q.y, q.z, q.w]))


def _encode_action(signal: HandAction, labels: Labels) -> Any:
    bins = signal.bins[0]
    drawn = array("B", bins.astype(np.uint8).tobytes()) if (bins >= 0).all() else array("B")
    return inhand_msgs.HandAction(trial_id=int(signal.trial_id[0]), action=signal.action[0], bins=drawn)


def _decode_action(message: Any) -> HandAction:
    bins = message.bins or [-1] * N_ACTUATORS
    return HandAction(_row(message.action), _row(bins, np.int64), np.array([message.trial_id]))


def _encode_trial(signal: Trial, labels: Labels) -> Any:
    names = ("trial_id", "goals_achieved", "state", "reason")
    return inhand_msgs.Trial(**{name: int(getattr(signal, name)[0]) for name in names})


def _decode_trial(message: Any) -> Trial:
    numbers = (message.trial_id, message.goals_achieved, message.state, message.reason)
    return Trial(*(np.array([number]) for number in numbers))


_ENCODERS: dict[type, Callable[[Any, Labels], Any]] = {
    Markers: _encode_markers,
    HandSensors: _encode_sensors,
    MotorCommands: _encode_commands,
    JointStates: _encode_joints,
    Fingertips: _encode_fingertips,
    ObjectPose: _encode_pose,
    Goal: _encode_goal,
    HandAction: _encode_action,
    Trial: _encode_trial,
}
_DECODERS: dict[type, Callable[[Any], Signal]] = {
    inhand_msgs.Markers: _decode_markers,
    inhand_msgs.HandSensors: _decode_sensors,
    inhand_msgs.MotorCommands: _decode_commands,
    JointState: _decode_joints,
    inhand_msgs.Fingertips: _decode_fingertips,
    inhand_msgs.ObjectPose: _decode_pose,
    inhand_msgs.Goal: _decode_goal,
    inhand_msgs.HandAction: _decode_action,
    inhand_msgs.Trial: _decode_trial,
}
