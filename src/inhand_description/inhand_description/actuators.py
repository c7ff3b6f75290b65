"""The 20 motors as PD servos on a joint, or on the sum J0 = J1 + J2 of a coupled finger.

The law is the same in training (MuJoCo's affine position servo) and in the real-time controller (torques):

    torque = clip(kp * (target - q) - kd * dq/dt, -force, +force)

with q the joint angle, or the sum of the two of a pair. On a pair the torque acts on both joints.

Why the servo has a share of the damping: the paper randomises the joints' damping between 0.3 and 3 times the nominal
value, and its controller closes the loop on each joint's angle (B.4). A servo with rate feedback keeps the joint's
speed for a given action within a factor of about 3 then, instead of 10. The sum of both shares is what the assets
ship, so that the nominal response is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_description.joints import GYM, JOINT_INDEX, JOINTS, MENAGERIE


@dataclass(frozen=True)
class ActuatorRow:
    """One motor and its servo.

    Attributes:
        name: Shadow's name; rh_…J0 drives the sum of a pair.
        joints: the one driven joint, or the pair (J1, J2).
        kp: position gain [N m/rad].
        kd: rate gain of the servo [N m s/rad], on top of the joint's own damping.
        force: torque limit, symmetric [N m].
        lower, upper: the joint's range [rad]; for a pair of the sum. An action of 1 moves the target by half of it.
        target_lower, target_upper: how far actions may move the target [rad], within the range.
        source: where the numbers come from.
    """

    name: str
    joints: tuple[str, ...]
    kp: float
    kd: float
    force: float
    lower: float
    upper: float
    target_lower: float
    target_upper: float
    source: str

    @property
    def coupled(self) -> bool:
        """Whether it drives a pair."""
        return len(self.joints) == 2


WRIST_PITCH_TARGET = -0.55
"""Lowest target of the wrist's pitch [rad], own choice: policies tilt the hand back as far as it goes. Where its stop
gives way, as with randomised limits, gravity takes it 0.1 rad further and the object slides off (docs/notebook.md)."""
_SINGLE = f"kp, force: {GYM}; kd: with the joint's passive damping the total shipped there"
_PAIR = (
    f"kp: {MENAGERIE}, which is kp 1 on either joint; force: {GYM}; kd: half of a single joint's, as the sum moves "
    "twice as fast"
)


def _single(name: str, kp: float, kd: float, force: float, target_lower: float | None = None) -> ActuatorRow:
    joint = JOINTS[JOINT_INDEX[f"rh_{name}"]]
    low = joint.lower if target_lower is None else target_lower
    return ActuatorRow(joint.name, (joint.name,), kp, kd, force, joint.lower, joint.upper, low, joint.upper, _SINGLE)


def _pair(finger: str) -> ActuatorRow:
    pair = (f"rh_{finger}J1", f"rh_{finger}J2")
    upper = sum(JOINTS[JOINT_INDEX[name]].upper for name in pair)
    return ActuatorRow(f"rh_{finger}J0", pair, 0.5, 0.025, 0.7245, 0.0, upper, 0.0, upper, _PAIR)


def _finger(finger: str) -> tuple[ActuatorRow, ...]:
    return (_single(f"{finger}J4", 1.0, 0.05, 0.9), _single(f"{finger}J3", 1.0, 0.05, 0.9), _pair(finger))


ACTUATORS: tuple[ActuatorRow, ...] = (
    _single("WRJ2", 5.0, 0.25, 4.785),
    _single("WRJ1", 5.0, 0.25, 2.175, target_lower=WRIST_PITCH_TARGET),
    *_finger("FF"),
    *_finger("MF"),
    *_finger("RF"),
    _single("LFJ5", 1.0, 0.05, 0.9),
    *_finger("LF"),
    _single("THJ5", 1.0, 0.05, 2.3722),
    _single("THJ4", 1.0, 0.05, 1.45),
    _single("THJ3", 1.0, 0.05, 0.99),
    _single("THJ2", 1.0, 0.05, 0.99),
    _single("THJ1", 1.0, 0.05, 0.81),
)
ACTUATOR_NAMES: tuple[str, ...] = tuple(row.name for row in ACTUATORS)
ACTUATOR_INDEX: dict[str, int] = {name: index for index, name in enumerate(ACTUATOR_NAMES)}


def actuator_ranges() -> np.ndarray:
    """Ranges of the targets (20, 2) [rad]: lower, upper; of the sums for pairs."""
    return np.array([[row.lower, row.upper] for row in ACTUATORS])


def actuator_joints() -> np.ndarray:
    """Joint indices (20, 2) driven by each motor; the second is -1 where there is only one.

    The actuated angle of the joint angles q (…, 24) is q[…, first] + (second >= 0) * q[…, second].
    """
    return np.array(
        [[JOINT_INDEX[row.joints[0]], JOINT_INDEX[row.joints[1]] if row.coupled else -1] for row in ACTUATORS]
    )


def actuator_matrix() -> np.ndarray:
    """The (20, 24) matrix of zeros and ones that maps joint angles to actuated angles."""
    matrix = np.zeros((len(ACTUATORS), len(JOINTS)))
    for index, row in enumerate(ACTUATORS):
        for joint in row.joints:
            matrix[index, JOINT_INDEX[joint]] = 1.0
    return matrix
