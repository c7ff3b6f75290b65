"""The 24 joints of the right hand: names, ranges and passive dynamics.

Order: Shadow's names in the order of the model's qpos. Signs are Shadow's: flexion is positive for J1 to J3 of the
fingers and for THJ1, THJ4; J4 is positive towards the middle of the hand (FF, MF away from the thumb, RF, LF towards
it), which closes the fan; WRJ1 is positive when the palm flexes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GYM = "gymnasium-robotics 1.4.2, envs/assets/hand"
MENAGERIE = "mujoco_menagerie shadow_hand/right_hand.xml"

FINGERS = ("ff", "mf", "rf", "lf", "th")
"""Fingers in the order of every array of five: first, middle, ring, little, thumb."""
COUPLED_FINGERS = ("ff", "mf", "rf", "lf")
"""Fingers whose J1 and J2 are driven by one motor, as the sum J0 = J1 + J2."""


@dataclass(frozen=True)
class JointRow:
    """One hinge.

    Attributes:
        name: Shadow's name, rh_….
        finger: "wr" or one of FINGERS.
        asset: the joint's name in the asset (0-based there), without its prefix.
        flip: the asset's axis points the other way than Shadow's.
        lower, upper: limits [rad], in Shadow's sign.
        damping: passive viscous damping [N m s/rad], without the servo's.
        armature: rotor inertia seen at the joint [kg m²].
        friction_loss: dry friction [N m].
        source: where the numbers come from.
    """

    name: str
    finger: str
    asset: str
    flip: bool
    lower: float
    upper: float
    damping: float
    armature: float
    friction_loss: float
    source: str


_RANGE = f"range and armature: {GYM}"
_WRIST = (
    f"{_RANGE}; damping: half of the 0.5 shipped there, the servo adds the other half (actuators.py); "
    "no dry friction: it doubles the solver's rows"
)
_DIGIT = (
    f"{_RANGE}; damping: {MENAGERIE}, the servo adds as much (actuators.py) to reach the 0.1 of the assets; "
    "no dry friction: it doubles the solver's rows"
)


def _wrist(name: str, asset: str, lower: float, upper: float) -> JointRow:
    return JointRow(f"rh_{name}", "wr", asset, False, lower, upper, 0.25, 0.005, 0.0, _WRIST)


def _digit(name: str, lower: float, upper: float, flip: bool = False) -> JointRow:
    asset = f"{name[:3]}{int(name[3]) - 1}"
    return JointRow(f"rh_{name}", name[:2].lower(), asset, flip, lower, upper, 0.05, 0.001, 0.0, _DIGIT)


def _finger(prefix: str, flip_j4: bool) -> tuple[JointRow, ...]:
    return (
        _digit(f"{prefix}J4", -0.349, 0.349, flip_j4),
        _digit(f"{prefix}J3", 0.0, 1.571),
        _digit(f"{prefix}J2", 0.0, 1.571),
        _digit(f"{prefix}J1", 0.0, 1.571),
    )


JOINTS: tuple[JointRow, ...] = (
    _wrist("WRJ2", "WRJ1", -0.489, 0.140),
    _wrist("WRJ1", "WRJ0", -0.698, 0.489),
    *_finger("FF", True),
    *_finger("MF", True),
    *_finger("RF", False),
    _digit("LFJ5", 0.0, 0.785),
    *_finger("LF", False),
    _digit("THJ5", -1.047, 1.047),
    _digit("THJ4", 0.0, 1.222),
    _digit("THJ3", -0.209, 0.209),
    _digit("THJ2", -0.524, 0.524, True),
    _digit("THJ1", 0.0, 1.571, True),
)
JOINT_NAMES: tuple[str, ...] = tuple(row.name for row in JOINTS)
JOINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}


@dataclass(frozen=True)
class CouplingRow:
    """The tendon between the middle and the distal joint: J2 leads J1.

    Attributes:
        finger: one of COUPLED_FINGERS.
        lead_lower, lead_upper: limits of J2 − J1 [rad].
        source: where the numbers come from.
    """

    finger: str
    lead_lower: float
    lead_upper: float
    source: str

    @property
    def j1(self) -> str:
        """Name of the distal joint."""
        return f"rh_{self.finger.upper()}J1"

    @property
    def j2(self) -> str:
        """Name of the middle joint."""
        return f"rh_{self.finger.upper()}J2"


COUPLINGS: tuple[CouplingRow, ...] = tuple(
    CouplingRow(finger, 0.0, 1.6, "robogym, shadowhand model: tendon of J2 − J1 limited to [0, 1.6]; Shadow: J2 >= J1")
    for finger in COUPLED_FINGERS
)


def joint_ranges() -> np.ndarray:
    """Limits (24, 2) [rad] in the order of JOINTS: lower, upper."""
    return np.array([[row.lower, row.upper] for row in JOINTS])
