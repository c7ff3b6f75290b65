"""Ports of this package's component."""

from __future__ import annotations

from typing import Required, TypedDict

from inhand_core.ports import Inputs
from inhand_core.signals import HandAction, HandSensors, JointStates, MotorCommands


class PdControllerInputs(Inputs, total=False):
    """sensors, which trigger it, and action."""

    sensors: Required[HandSensors]
    action: HandAction


class PdControllerOutputs(TypedDict):
    """motor_commands and the calibrated joint_states, at every reading."""

    motor_commands: MotorCommands
    joint_states: JointStates
