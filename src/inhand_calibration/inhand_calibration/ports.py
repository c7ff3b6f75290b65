"""Ports of this package's component."""

from __future__ import annotations

from typing import TypedDict

from inhand_core.ports import Inputs
from inhand_core.signals import HandAction, JointStates


class ExerciseInputs(Inputs, total=False):
    """joint_states of the controller."""

    joint_states: JointStates


class ExerciseOutputs(TypedDict, total=False):
    """action for the next 80 ms."""

    action: HandAction
