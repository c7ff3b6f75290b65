"""Ports of this package's components."""

from __future__ import annotations

from typing import Annotated, Any, Required, TypedDict

from inhand_core.ports import FURTHER, OPTIONAL, Inputs
from inhand_core.signals import Fingertips, Goal, HandAction, JointStates, Markers, ObjectPose, Trial


class TrackerInputs(Inputs, total=False):
    """markers in world."""

    markers: Required[Markers]


class TrackerOutputs(TypedDict, total=False):
    """fingertips and object_pose in hand_base."""

    fingertips: Fingertips
    object_pose: ObjectPose


class GoalGeneratorInputs(Inputs, total=False):
    """object_pose in hand_base."""

    object_pose: ObjectPose


class GoalGeneratorOutputs(TypedDict):
    """goal in hand_base and trial, at every step."""

    goal: Goal
    trial: Trial


class PolicyRunnerInputs(Inputs, total=False):
    """What policies see, in hand_base; joint_states and whatever else is wired where the weights use them."""

    fingertips: Fingertips
    object_pose: ObjectPose
    goal: Goal
    joint_states: Annotated[JointStates, OPTIONAL]
    further: Annotated[Any, FURTHER]


class PolicyRunnerOutputs(TypedDict):
    """action with bins."""

    action: HandAction


class ActionSmootherInputs(Inputs, total=False):
    """action of the policy."""

    action: Required[HandAction]


class ActionSmootherOutputs(TypedDict):
    """action without bins."""

    action: HandAction
