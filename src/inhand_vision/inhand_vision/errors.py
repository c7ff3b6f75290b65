"""How far estimates are from the truth, as the paper's Table 6 states it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core import rotations
from inhand_vision.datasets.files import Samples
from inhand_vision.estimator import Estimate, PoseEstimator


@dataclass(frozen=True)
class PoseErrors:
    """Errors of n estimates: rotation (n,) [deg], position (n,) [mm]; valid (n,) bool: what the estimator claims."""

    rotation: np.ndarray
    position: np.ndarray
    valid: np.ndarray

    def summary(self) -> dict[str, float]:
        """Mean, standard deviation, median and 95th percentile of both, and the share that was called valid."""
        found: dict[str, float] = {}
        for name, values in (("rotation_deg", self.rotation), ("position_mm", self.position)):
            found[f"{name}_mean"], found[f"{name}_std"] = float(values.mean()), float(values.std())
            found[f"{name}_median"], found[f"{name}_p95"] = (float(v) for v in np.percentile(values, [50, 95]))
        return {**found, "valid": float(self.valid.mean()), "samples": len(self.valid)}


def pose_errors(estimate: Estimate, position: np.ndarray, orientation: np.ndarray) -> PoseErrors:
    """Errors against position (n, 3) [m] and orientation (n, 4): angle between, and distance."""
    turn = np.degrees(rotations.distance(estimate.orientation, np.asarray(orientation, float)))
    return PoseErrors(turn, 1e3 * rotations.norm(estimate.position - position), estimate.valid)


def evaluate_samples(estimator: PoseEstimator, samples: Samples, batch: int = 8) -> tuple[PoseErrors, Estimate]:
    """Estimates all samples, with the cameras that each was rendered or recorded with."""
    parts = []
    for start in range(0, len(samples), batch):
        part = samples[start : start + batch]
        present = np.ones(part.images.shape[:2], bool)
        parts.append(estimator.estimate(part.images, part.camera_matrix, part.camera_pose, present))
    names = ("position", "orientation", "covariance", "valid")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    whole = Estimate(**arrays, reason=tuple(reason for part in parts for reason in part.reason))
    return pose_errors(whole, samples.position, samples.orientation), whole
