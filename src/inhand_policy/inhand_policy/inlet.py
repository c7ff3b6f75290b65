"""Absolute joint targets, one set or a trajectory, as the relative actions that the controller takes. No ROS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from inhand_core.config import check_config
from inhand_core.ranges import POSITIVE
from inhand_core.signals import N_ACTUATORS
from inhand_description import ACTUATORS, actuator_ranges

_SLACK = 1e-6
"""Targets may be beyond a range by so much [rad], as rounding has it."""


class TargetError(ValueError):
    """Joint targets that are refused; the message says why."""


@dataclass(frozen=True)
class InletConfig:
    """How targets are followed. Values and texts in config/inlet.yaml."""

    period_s: Annotated[float, POSITIVE]
    target_timeout_s: Annotated[float, POSITIVE]
    settle_s: Annotated[float, POSITIVE]
    max_speed: Annotated[float, POSITIVE]
    max_joint_age_s: Annotated[float, POSITIVE]
    max_command_age_s: Annotated[float, POSITIVE]

    def __post_init__(self) -> None:
        check_config(self)


@dataclass(frozen=True)
class Path:
    """Targets over time: `times` (n,) [s] rising, `targets` (n, 20) [rad], followed until `end` [s]."""

    times: np.ndarray
    targets: np.ndarray
    end: float

    def at(self, time: float) -> np.ndarray:
        """(20,) the targets at a time, linear between the points."""
        return np.array([np.interp(time, self.times, column) for column in self.targets.T])


class JointInlet:
    """Follows the newest command: a path of targets, one for each actuator.

    Actuators that a command does not name keep their angle. A joint that is driven together with another one (J1 and
    J2 of a finger) is commanded by the sum, under Shadow's name for it (rh_FFJ0), or by both.

    Attributes:
        path: what is being followed; None: nothing.
    """

    def __init__(self, config: InletConfig) -> None:
        self.config = config
        self.path: Path | None = None
        self._target = np.zeros(N_ACTUATORS)
        self._then: float | None = None
        self._limits = np.array([(row.target_lower, row.target_upper) for row in ACTUATORS])
        self._half = 0.5 * np.ptp(actuator_ranges(), axis=1)

    def take_trajectory(
        self,
        names: Sequence[str],
        times: Sequence[float],
        positions: Sequence[Sequence[float]],
        start: float,
        now: float,
        angles: np.ndarray,
    ) -> None:
        """Follows a trajectory from where the hand is; one without points ends what is being followed.

        Args:
            names: joints or actuators.
            times: (n,) of the points, from `start` on [s].
            positions: (n, len(names)) [rad].
            start, now: [s], of one clock.
            angles: (20,) of the actuators, now [rad].

        Raises:
            TargetError: unknown or missing names, numbers that are not finite, targets out of range, times that do not
                rise, a trajectory that is over, or a start that is long past.
        """
        if not len(times):
            self.cancel()
            return
        moments = _finite("time_from_start", times)
        if (np.diff(moments) <= 0.0).any() or moments[0] < 0.0:
            raise TargetError(f"time_from_start must rise from 0 s on, is {moments.tolist()}")
        if start < now - self.config.max_command_age_s:
            raise TargetError(f"stale: it should have begun {now - start:.2f} s ago")
        rows = [self._complete(names, row, angles) for row in positions]
        first = max(start, now)
        if moments[0] > 0.0:
            moments, rows = np.insert(moments, 0, 0.0), [angles, *rows]
        self._follow(Path(first + moments, np.array(rows), first + moments[-1] + self.config.settle_s), angles)

    def take_targets(self, values: Sequence[float], now: float, angles: np.ndarray) -> None:
        """Follows one set of targets (20,) [rad], in the order of ACTUATORS, until the next one or the time-out.

        Raises:
            TargetError: another number of values, values that are not finite, or out of range.
        """
        if len(values) != N_ACTUATORS:
            raise TargetError(f"{len(values)} values, expected {N_ACTUATORS}: {[row.name for row in ACTUATORS]}")
        targets = self._complete([row.name for row in ACTUATORS], values, angles)
        self._follow(Path(np.array([now]), targets[None], now + self.config.target_timeout_s), angles)

    def cancel(self) -> None:
        """Follows nothing any more."""
        self.path, self._then = None, None

    def action(self, now: float, angles: np.ndarray) -> np.ndarray | None:
        """The action (20,) in [-1, 1] for `angles` (20,) [rad] at `now` [s]; None where nothing is to be followed."""
        if self.path is None or now > self.path.end:
            self.cancel()
            return None
        step = self.config.max_speed * (self.config.period_s if self._then is None else max(now - self._then, 0.0))
        self._then = now
        self._target += np.clip(self.path.at(now) - self._target, -step, step)
        return np.clip((self._target - angles) / self._half, -1.0, 1.0)

    def _follow(self, path: Path, angles: np.ndarray) -> None:
        if self.path is None:
            self._target, self._then = np.array(angles, float), None
        self.path = path

    def _complete(self, names: Sequence[str], values: Sequence[float], angles: np.ndarray) -> np.ndarray:
        """(20,) targets of all actuators, given those of some joints."""
        if len(values) != len(names):
            raise TargetError(f"{len(names)} joints, but {len(values)} positions")
        given = dict(zip(names, _finite("positions", values).tolist(), strict=True))
        if len(given) != len(names):
            raise TargetError(
                f"joints are named twice: {sorted(name for name in given if list(names).count(name) > 1)}"
            )
        targets = np.array(angles, float)
        for index, row in enumerate(ACTUATORS):
            parts = [given.pop(joint, None) for joint in row.joints] if row.coupled else [None]
            whole = given.pop(row.name, None)
            if any(part is not None for part in parts):
                if whole is not None or None in parts:
                    pair = " and ".join(row.joints)
                    raise TargetError(f"{pair} are driven together: give both, or {row.name} for their sum")
                whole = sum(part for part in parts if part is not None)
            if whole is None:
                continue
            lower, upper = self._limits[index]
            if not lower - _SLACK <= whole <= upper + _SLACK:
                raise TargetError(f"{row.name}: {whole:.4g} rad is out of [{lower:.4g}, {upper:.4g}]")
            targets[index] = min(max(whole, lower), upper)
        if given:
            known = sorted({joint for row in ACTUATORS for joint in (row.name, *row.joints)})
            raise TargetError(f"unknown joints {sorted(given)}; known {known}")
        return targets


def _finite(what: str, values: Sequence[float]) -> np.ndarray:
    numbers = np.asarray(values, float)
    if not np.isfinite(numbers).all():
        raise TargetError(f"{what}: not finite: {numbers.tolist()}")
    return numbers
