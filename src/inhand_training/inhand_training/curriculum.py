"""Curricula: how far goals are from the object, and how much is randomised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from inhand_core.ranges import FRACTION, NOT_NEGATIVE, POSITIVE
from inhand_policy.goal import GoalGenerator


@dataclass(frozen=True)
class GoalCurriculum:
    """Goals begin near the object and move away as the policy succeeds.

    Attributes:
        first_angle: largest angle at the start [rad]; pi or more: any orientation from the start.
        widen: added to it [rad] whenever enough goals are achieved.
        goals: mean goals of an episode that allow it.
    """

    first_angle: Annotated[float, POSITIVE]
    widen: Annotated[float, NOT_NEGATIVE]
    goals: Annotated[float, NOT_NEGATIVE]


@dataclass(frozen=True)
class RandomizationCurriculum:
    """The spread of the randomisation grows as the policy succeeds; an episode's own scale is drawn below the limit.

    Attributes:
        first_scale: limit at the start, in [0, 1]; 1: the whole range from the start.
        widen: added to the limit whenever enough goals are achieved.
        goals: mean goals of an episode that allow it.
        uniform: fraction of the episodes whose scale is uniform in [0, limit]; the others have the limit itself.
    """

    first_scale: Annotated[float, FRACTION]
    widen: Annotated[float, NOT_NEGATIVE]
    goals: Annotated[float, NOT_NEGATIVE]
    uniform: Annotated[float, FRACTION]


class Staircase:
    """A value that rises by a step when the mean over a full window of episodes, all begun at the present value, is
    above a threshold.

    Args:
        first: value at the start.
        step: added each time.
        last: it never exceeds this.
        threshold: mean goals that let it rise.
        cooldown: iterations to wait at least.
    """

    def __init__(self, first: float, step: float, last: float, threshold: float, cooldown: int = 5) -> None:
        self.value = min(first, last)
        self._step, self._last, self._threshold, self._cooldown = step, last, threshold, cooldown
        self._waited = 0

    @property
    def finished(self) -> bool:
        """Whether the last value is reached."""
        return self.value >= self._last - 1e-9

    def update(self, goals: float, full: bool) -> bool:
        """Takes the mean goals of the window, which is `full` or not; whether the value has risen."""
        self._waited += 1
        if self.finished or not full or self._waited < self._cooldown or goals <= self._threshold:
            return False
        self.value, self._waited = min(self.value + self._step, self._last), 0
        return True

    def save(self) -> tuple[float, int]:
        """Its state."""
        return self.value, self._waited

    def restore(self, saved: tuple[float, int]) -> None:
        """Goes back to what `save` returned."""
        self.value, self._waited = saved


class Curricula:
    """Both curricula of an environment: goals widen first, then the randomisation.

    Args:
        goals: of the goals' angles.
        scale: of the randomisation's spread.

    Attributes:
        angle: largest angle of a goal [rad]; scale: limit of the spread.
        stage: counts how often either has risen.
    """

    def __init__(self, goals: GoalCurriculum, scale: RandomizationCurriculum) -> None:
        self.angle = Staircase(goals.first_angle, goals.widen, math.pi, goals.goals)
        self.scale = Staircase(scale.first_scale, scale.widen, 1.0, scale.goals)
        self.stage = 0

    @property
    def progress(self) -> dict[str, float]:
        """Largest goal angle [rad] and limit of the randomisation's spread."""
        return {"goal_angle": self.angle.value, "randomization_scale": self.scale.value}

    def update(self, summary: dict[str, float]) -> bool:
        """Takes the statistics of episodes begun at the present stage; whether a value has risen."""
        stair = self.scale if self.angle.finished else self.angle
        risen = stair.update(summary["mean_goals"], summary["window"] >= 1.0)
        self.stage += risen
        return risen

    def save(self) -> tuple[tuple[float, int], tuple[float, int], int]:
        """Their state."""
        return self.angle.save(), self.scale.save(), self.stage

    def restore(self, saved: tuple[tuple[float, int], tuple[float, int], int]) -> None:
        """Goes back to what `save` returned."""
        angle, scale, self.stage = saved
        self.angle.restore(angle)
        self.scale.restore(scale)


class CurriculumGoals(GoalGenerator):
    """The graph's goal component, with goals near the object at first; those of its mode once the angle reaches pi."""

    def draw(self, rows: np.ndarray, orientation: np.ndarray) -> np.ndarray:
        """New goals (n, 4) for `rows` (n,), whose objects are at `orientation` (n, 4); hand_base."""
        free = self.state.max_angle[rows] >= math.pi - 1e-9
        goals = np.empty((len(rows), 4))
        if (~free).any():
            goals[~free] = self.turned(rows[~free], orientation[~free])
        if free.any():
            goals[free] = super().draw(rows[free], orientation[free])
        return goals
