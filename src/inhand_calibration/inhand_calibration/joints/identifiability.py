"""What the data say about each joint's Hall table, and what comes from the factory's alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_calibration.joints.fit import JointFit
from inhand_calibration.joints.kinematics import HandKinematics
from inhand_calibration.joints.samples import JointSamples
from inhand_description.hall import HallTable

LEAST_MOTION = np.radians(3.0)
"""A joint that moved less than this [rad] was not moved."""
DETERMINED = 0.25
"""Largest share of the prior standard deviation that a determined point keeps."""


@dataclass(frozen=True, eq=False)
class JointVerdict:
    """What is known of one table.

    Attributes:
        joint: its name.
        status: "determined"; "weak": the data say little more than the factory, for instance where a shift of the
            joint looks like a shift of its marker; "not moved"; "no marker": it moves no marker that was seen.
        seen: (2,) smallest and largest angle in the data [rad].
        sigma: (n,) standard deviation of the points [rad]; visited: (n,) bool, points with data nearer to them
            than to their neighbours.
        change: (n,) what the fit changed [rad].
    """

    joint: str
    status: str
    seen: tuple[float, float]
    sigma: np.ndarray
    visited: np.ndarray
    change: np.ndarray


def judge_joints(
    samples: JointSamples, factory: tuple[HallTable, ...], fit: JointFit, hand: HandKinematics
) -> tuple[JointVerdict, ...]:
    """Verdicts in the order of JOINTS."""
    seen_tips = samples.seen.any(axis=0)
    verdicts = []
    for joint, (before, after) in enumerate(zip(factory, fit.tables, strict=True)):
        useful = samples.seen[:, hand.moved_by[:, joint]].any(axis=1)
        raw = samples.raw[useful, joint]
        angles = after.angles(raw) if len(raw) else np.zeros(1)
        visited = np.asarray((after.hats(raw) > 0.5).any(axis=0)) if len(raw) else np.zeros(len(after.raw), bool)
        share = fit.sigma[joint] / fit.prior_sigma[joint]
        if not (hand.moved_by[:, joint] & seen_tips).any():
            status = "no marker"
        elif np.ptp(angles) < LEAST_MOTION:
            status = "not moved"
        else:
            status = "determined" if share[visited].max() <= DETERMINED else "weak"
        verdicts.append(
            JointVerdict(
                before.joint,
                status,
                (float(angles.min()), float(angles.max())),
                fit.sigma[joint],
                visited,
                after.angle - before.angle,
            )
        )
    return tuple(verdicts)
