"""Ports of this package's components."""

from __future__ import annotations

from typing import TypedDict

from inhand_core.ports import Inputs
from inhand_core.signals import HandAction, HandSensors, JointStates, Markers, MotorCommands


class RealtimeSimInputs(Inputs, total=False):
    """motor_commands; none yet: no torque."""

    motor_commands: MotorCommands


class RealtimeSimOutputs(TypedDict, total=False):
    """markers in world and hand_sensors, each at its device's rate."""

    markers: Markers
    hand_sensors: HandSensors


class TrainingSimInputs(Inputs, total=False):
    """action, smoothed."""

    action: HandAction


class TrainingSimOutputs(TypedDict):
    """markers in world and joint_states as a perfect controller calibrates them, at every step."""

    markers: Markers
    joint_states: JointStates
