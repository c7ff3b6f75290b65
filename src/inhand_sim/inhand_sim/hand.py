"""The hand's tables as the controller reads them, and its law from actions to targets: one implementation, in C++."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

import inhand_control
from inhand_core.paths import config_file
from inhand_description import RAW_MAX


@functools.cache
def hand_model(path: str = "") -> inhand_control.HandModel:
    """Ranges, couplings and Hall calibration of config/hand.yaml, or of another file in the same form."""
    return inhand_control.load_hand_tables(Path(path).expanduser() if path else config_file("hand"))


def relative_target(action: np.ndarray, joint_position: np.ndarray, to_stops: bool = False) -> np.ndarray:
    """Absolute targets (B, 20) [rad] of relative actions (B, 20) in [-1, 1] at joint angles (B, 24) [rad].

    Angle (the sum for a coupled pair) plus action times half of the actuator's range, clipped to the limits of targets;
    `to_stops`: to the range, as the controller does with `limits: range`.
    """
    hand = hand_model()
    lower, upper = (hand.lower, hand.upper) if to_stops else (None, None)
    return inhand_control.relative_target(hand, action, joint_position, lower=lower, upper=upper)


def actuator_position(joint_position: np.ndarray) -> np.ndarray:
    """Actuated angles (B, 20) [rad] of joint angles (B, 24) [rad]: the joint's own, or the sum of a coupled pair."""
    return inhand_control.actuator_position(hand_model(), joint_position)


def raw_hall(joint_position: np.ndarray, tables: str = "") -> np.ndarray:
    """Hall readings (B, 26) [ADC counts], whole numbers within the converter's range, at joint angles (B, 24) [rad].

    `tables` names a file in the form of config/hand.yaml whose Hall tables the sensors follow; that one by default.
    """
    return np.clip(np.round(inhand_control.uncalibrate(hand_model(tables), joint_position)), 0.0, RAW_MAX)
