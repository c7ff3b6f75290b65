"""What flows over the topics, as arrays: one frozen dataclass a topic type, leading axis B (batch rows).

Floats are float64, SI units; orientations are quaternions (x, y, z, w). A ROS node holds the same signals with B = 1.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
N_JOINTS, N_ACTUATORS, N_HALL, N_FINGERTIPS, N_BINS = 24, 20, 26, 5, 11


class TrialState(enum.IntEnum):
    """State of a trial; the numbers are those of inhand_interfaces/Trial."""

    IDLE = 0
    RUNNING = 1
    ENDED = 2


class EndReason(enum.IntEnum):
    """Why a trial ended; the numbers are those of inhand_interfaces/Trial."""

    NONE = 0
    DROPPED = 1
    TIMEOUT = 2
    SUCCESS = 3
    STOPPED = 4
    INTERRUPTED = 5
    """A device failed; not the policy's doing, so that such a trial is left out of results."""
    OVERLOADED = 6
    """The machine was too slow for a real hand's deadlines; left out of results likewise."""


@dataclass(frozen=True)
class Markers:
    """One frame of motion capture, M markers: position (B, M, 3) [m, world], condition (B, M), <= 0 where lost.

    A lost marker keeps its last seen position.
    """

    position: Array
    condition: Array


@dataclass(frozen=True)
class HandSensors:
    """Raw sensors: hall (B, 26) [ADC counts], motor_current (B, 20) [A], start (B,), 0 unless given.

    `start` changes when the hand was set up again (reconnected; in simulation, put into a new start state): readings
    before it say nothing about those after it.
    """

    hall: Array
    motor_current: Array
    start: Array = None

    def __post_init__(self) -> None:
        if self.start is None:
            object.__setattr__(self, "start", np.zeros(len(self.hall), np.int64))


@dataclass(frozen=True)
class MotorCommands:
    """Torque demands (B, 20) [N m]; on J1 + J2 for a coupled pair."""

    torque: Array


@dataclass(frozen=True)
class JointStates:
    """Calibrated joints: position (B, 24) [rad], velocity (B, 24) [rad/s], effort (B, 24) [N m]."""

    position: Array
    velocity: Array
    effort: Array


@dataclass(frozen=True)
class Fingertips:
    """position (B, 5, 3) [m, hand_base], valid (B, 5) bool, age (B, 5) [s] since each was last seen."""

    position: Array
    valid: Array
    age: Array


@dataclass(frozen=True)
class ObjectPose:
    """position (B, 3) [m, hand_base], orientation (B, 4), valid (B,) bool, age (B,) [s] since last seen."""

    position: Array
    orientation: Array
    valid: Array
    age: Array


@dataclass(frozen=True)
class Goal:
    """Target: trial_id (B,), goal_id (B,) from 0 within a trial, orientation (B, 4) [hand_base]."""

    trial_id: Array
    goal_id: Array
    orientation: Array


@dataclass(frozen=True)
class HandAction:
    """Relative action (B, 20) in [-1, 1]; bins (B, 20) in 0 … 10, or -1 after the smoother; trial_id (B,)."""

    action: Array
    bins: Array
    trial_id: Array


@dataclass(frozen=True)
class Trial:
    """trial_id (B,), goals_achieved (B,), state (B,) of `TrialState`, reason (B,) of `EndReason`."""

    trial_id: Array
    goals_achieved: Array
    state: Array
    reason: Array


Signal = Markers | HandSensors | MotorCommands | JointStates | Fingertips | ObjectPose | Goal | HandAction | Trial
SIGNALS = {
    cls.__name__: cls
    for cls in (Markers, HandSensors, MotorCommands, JointStates, Fingertips, ObjectPose, Goal, HandAction, Trial)
}


OWN_SIGNALS = frozenset(SIGNALS)
"""Names of the signals of this project; others come from `add_signal`."""


def add_signal(cls: Any) -> None:
    """Makes a signal of another package known by its name.

    Raises:
        ValueError: it is no dataclass, or the name is another signal's.
    """
    known: dict[str, Any] = SIGNALS
    name = getattr(cls, "__name__", "")
    if not dataclasses.is_dataclass(cls):
        raise ValueError(f"signal {cls!r} is no dataclass of arrays")
    if known.setdefault(name, cls) is not cls:
        raise ValueError(f"signal {name!r} is known already, from {known[name].__module__}")


def row(signal: Signal, index: int) -> Signal:
    """One row of a signal, as a signal with B = 1."""
    return type(signal)(*(getattr(signal, f.name)[index : index + 1] for f in dataclasses.fields(signal)))
