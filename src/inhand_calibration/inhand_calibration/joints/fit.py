"""Refines the Hall tables so that the fingertips computed from the joint angles lie where their markers are seen.

Paper, appendix B: "the fingertip positions computed from the joint angles match the fingertip markers". Unknown are
the angles at each table's raw values, where each marker sits on its nail, and a small error of the hand's base frame.
All are drawn towards what is known beforehand: the factory's tables, the described places. A robust loss bounds what
a swapped or reflected marker can do. Tables stay monotone, because their steps are fitted as logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from inhand_calibration.joints.kinematics import FINGERTIPS, HandKinematics
from inhand_calibration.joints.samples import JointSamples
from inhand_description.hall import HallTable

N_TIPS = len(FINGERTIPS)
_LARGEST_STRETCH = 10.0
"""A table's step stays within this factor of the factory's: its logarithm must not run away where nothing holds it."""


@dataclass(frozen=True)
class JointFitConfig:
    """Lengths in m, angles in rad. Values and texts in config/calibration.yaml, section joints."""

    samples: int
    marker_sigma: float
    robust_scale: float
    offset_sigma: float
    bend_sigma: float
    placement_sigma: float
    base_position_sigma: float
    base_angle_sigma: float
    max_outliers: float
    max_residual: float
    iterations: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name} must be > 0, is {value}")


@dataclass(frozen=True, eq=False)
class JointFit:
    """What the fit found.

    Attributes:
        tables: the refined tables, order of JOINTS.
        offsets: (5, 3) places of the fingertip markers in their links [m].
        base: (6,) turn [rad] and shift [m] of the hand's base frame, as its markers show it, from the described one.
        sigma: standard deviation of each table's angles [rad], (n,) a joint, given data and prior knowledge.
        prior_sigma: the same without data.
        cost: half the (robust) sum of squares at start and end.
        evaluations: of the residuals.
    """

    tables: tuple[HallTable, ...]
    offsets: np.ndarray
    base: np.ndarray
    sigma: tuple[np.ndarray, ...]
    prior_sigma: tuple[np.ndarray, ...]
    cost: tuple[float, float]
    evaluations: int


class _Parameters:
    """Packs tables, marker places and base frame into one vector, and says how angles depend on it.

    A table with angles a_0 … a_n is a_0 and the logarithms of its steps: strictly monotone whatever the values.
    """

    def __init__(self, tables: tuple[HallTable, ...], offsets: np.ndarray) -> None:
        self.tables, self.offsets = tables, offsets
        ends = np.cumsum([len(t.raw) for t in tables])
        self.slices = [slice(end - len(t.raw), end) for t, end in zip(tables, ends, strict=True)]
        points = int(ends[-1])
        self.place = slice(points, points + offsets.size)
        self.base = slice(self.place.stop, self.place.stop + 6)
        self.start = np.zeros(self.base.stop)
        for table, part in zip(tables, self.slices, strict=True):
            self.start[part] = [table.angle[0], *np.log(np.abs(np.diff(table.angle)))]
        self.start[self.place] = offsets.ravel()

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of x."""
        room = np.full_like(self.start, np.inf)
        for part in self.slices:
            room[part][1:] = np.log(_LARGEST_STRETCH)
        return self.start - room, self.start + room

    def angles(self, x: np.ndarray, joint: int) -> tuple[np.ndarray, np.ndarray]:
        """Angles (n,) of a joint's points, and their derivative (n, n) by that joint's part of x."""
        part = x[self.slices[joint]]
        steps = np.exp(part[1:]) * np.sign(self.tables[joint].angle[1] - self.tables[joint].angle[0])
        slope = np.zeros((len(part), len(part)))
        slope[:, 0] = 1.0
        slope[1:, 1:] = np.tril(np.tile(steps, (len(steps), 1)))
        return part[0] + np.concatenate([[0.0], np.cumsum(steps)]), slope


class _Problem:
    """Residuals and their derivatives; data first, then prior knowledge, each in units of its standard deviation."""

    def __init__(
        self, samples: JointSamples, tables: tuple[HallTable, ...], hand: HandKinematics, config: JointFitConfig
    ) -> None:
        self.parameters = _Parameters(tables, hand.offsets)
        self._samples, self._hand, self._config = samples, hand, config
        self._hats = [table.hats(samples.raw[:, j]) for j, table in enumerate(tables)]
        self._rows = [np.flatnonzero(samples.seen[:, finger]) for finger in range(N_TIPS)]
        self.data = 3 * sum(len(rows) for rows in self._rows)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """(data + prior,) residuals at x."""
        return self._evaluate(x)[0]

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """Derivative of `residuals`."""
        return self._evaluate(x)[1]

    def loss(self, squares: np.ndarray) -> np.ndarray:
        """Soft L1 for the data, squares for the prior: scipy's rho, rho' and rho'' of squared residuals."""
        rho = np.stack([squares, np.ones_like(squares), np.zeros_like(squares)])
        scale = (self._config.robust_scale / self._config.marker_sigma) ** 2
        z = 1.0 + squares[: self.data] / scale
        rho[:, : self.data] = [2.0 * scale * (np.sqrt(z) - 1.0), z**-0.5, -0.5 / scale * z**-1.5]
        return rho

    def angle_covariance(self, x: np.ndarray, with_data: bool) -> tuple[np.ndarray, ...]:
        """Standard deviations (n,) [rad] of every table's angles about x."""
        jacobian = self.jacobian(x)
        jacobian = jacobian if with_data else jacobian[self.data :]
        covariance = np.linalg.inv(jacobian.T @ jacobian)
        found = []
        for joint, part in enumerate(self.parameters.slices):
            slope = self.parameters.angles(x, joint)[1]
            found.append(np.sqrt(np.diag(slope @ covariance[part, part] @ slope.T)))
        return tuple(found)

    def _evaluate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = [self.parameters.angles(x, joint) for joint in range(len(self._hats))]
        data = [self._finger(x, parts, finger) for finger in range(N_TIPS)]
        prior = self._prior(x, parts)
        residuals, slopes = (np.concatenate([block[i] for block in (*data, prior)]) for i in range(2))
        return residuals, slopes

    def _finger(self, x: np.ndarray, parts: list, finger: int) -> tuple[np.ndarray, np.ndarray]:
        """Distances of one marker from where it is seen, along the axes of hand_base."""
        p, rows, sigma = self.parameters, self._rows[finger], self._config.marker_sigma
        angles = np.stack([self._hats[j][rows] @ parts[j][0] for j in range(len(parts))], axis=-1)
        offset = x[p.place].reshape(N_TIPS, 3)[finger]
        pose = self._hand.tip(finger, angles, offset)
        turn, shift = x[p.base][:3], x[p.base][3:]
        residual = pose.position + np.cross(turn, pose.position) + shift - self._samples.tips[rows, finger]
        jacobian = np.zeros((len(rows), 3, len(x)))
        for joint in np.flatnonzero(self._hand.moved_by[finger]):
            by_points = self._hats[joint][rows] @ parts[joint][1]
            jacobian[:, :, p.slices[joint]] = pose.jacobian[:, :, joint, None] * by_points[:, None, :]
        first = p.place.start + 3 * finger
        jacobian[:, :, first : first + 3] = pose.rotation
        jacobian = (np.eye(3) + _cross_matrices(turn[None])) @ jacobian
        jacobian[:, :, p.base.start : p.base.start + 3] = -_cross_matrices(pose.position)
        jacobian[:, :, p.base.start + 3 :] = np.eye(3)
        return residual.ravel() / sigma, jacobian.reshape(-1, len(x)) / sigma

    def _prior(self, x: np.ndarray, parts: list) -> tuple[np.ndarray, np.ndarray]:
        """Distance from the factory's angles, bending of that distance along a table, marker places, base frame."""
        p, config = self.parameters, self._config
        residuals, jacobians = [], []

        def add(residual: np.ndarray, derivative: np.ndarray, part: slice, sigma: np.ndarray | float) -> None:
            jacobian = np.zeros((len(residual), len(x)))
            jacobian[:, part] = derivative
            residuals.append(residual / sigma)
            jacobians.append(jacobian / np.reshape(sigma, (-1, 1)))

        for table, part, (angle, slope) in zip(p.tables, p.slices, parts, strict=True):
            change = angle - table.angle
            add(change, slope, part, config.offset_sigma)
            add(np.diff(change, 2), np.diff(slope, 2, axis=0), part, config.bend_sigma)
        places = x[p.place] - p.offsets.ravel()
        add(places, np.eye(len(places)), p.place, config.placement_sigma)
        add(x[p.base], np.eye(6), p.base, np.repeat([config.base_angle_sigma, config.base_position_sigma], 3))
        return np.concatenate(residuals), np.concatenate(jacobians)


def fit_joints(
    samples: JointSamples, tables: tuple[HallTable, ...], hand: HandKinematics, config: JointFitConfig
) -> JointFit:
    """Refines `tables`, the factory's, by the samples.

    Args:
        samples: raw values and markers.
        tables: order of JOINTS.
        hand: the kinematics.
        config: see `JointFitConfig`.
    """
    problem = _Problem(samples, tables, hand, config)
    p = problem.parameters
    start = problem.residuals(p.start)
    jacobian: Any = problem.jacobian  # scipy's stubs know its names alone
    loss: Any = problem.loss
    found = least_squares(
        problem.residuals,
        p.start,
        jacobian,
        bounds=p.bounds(),
        method="trf",
        x_scale="jac",
        loss=loss,
        max_nfev=config.iterations,
    )
    refined = tuple(
        HallTable(table.joint, table.raw, p.angles(found.x, joint)[0]) for joint, table in enumerate(tables)
    )
    return JointFit(
        tables=refined,
        offsets=found.x[p.place].reshape(N_TIPS, 3),
        base=found.x[p.base],
        sigma=problem.angle_covariance(found.x, with_data=True),
        prior_sigma=problem.angle_covariance(p.start, with_data=False),
        cost=(0.5 * float(problem.loss(start**2)[0].sum()), float(found.cost)),
        evaluations=int(found.nfev),
    )


def _cross_matrices(vectors: np.ndarray) -> np.ndarray:
    """Matrices (N, 3, 3) with M @ w = v x w for vectors v (N, 3)."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
