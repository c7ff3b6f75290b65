"""What the trainers need of an environment: a vector env whose episodes restart by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Protocol

import numpy as np

Observation = dict[str, np.ndarray]


@dataclass(frozen=True)
class Episodes:
    """Episodes that ended at a step: goals (n,), steps (n,), reason (n,) of EndReason, scale (n,) of randomisation."""

    goals: np.ndarray
    steps: np.ndarray
    reason: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Counts:
    """What happened in this many steps.

    Attributes:
        goals: achieved in all rows.
        judged: those of episodes that begin as measured trials do, not shortly before a failure.
        drops, timeouts: ends of such episodes by a drop and by a time-out.
        failed: worlds that had to be restarted because the physics diverged.
    """

    goals: int = 0
    judged: int = 0
    drops: int = 0
    timeouts: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Step:
    """The outcome of one step of B rows.

    Attributes:
        observation: by group ("policy", "state", …), each (B, n) float32.
        reward: (B,) float32.
        terminal: (B,) bool, the episode ended and nothing follows (a drop).
        ended: (B,) bool, the episode ended (any reason).
        valid: (B,) bool, false where the step led from the last observation of an episode into the next one.
        start: (B,) bool, `observation` is the first that a policy sees with a fresh memory.
        counts: of this step.
        episodes: those that ended, as far as they count for the statistics.
    """

    observation: Observation
    reward: np.ndarray
    terminal: np.ndarray
    ended: np.ndarray
    valid: np.ndarray
    start: np.ndarray
    counts: Counts
    episodes: Episodes


class Experience(Protocol):
    """Where a phase's transitions come from, however many environments make them.

    Attributes:
        batch: rows of an update.
        progress: values of the curricula, for the log.
    """

    batch: int

    @property
    def progress(self) -> dict[str, float]:
        """Values of the curricula."""
        ...

    def adapt(self, summary: dict[str, float]) -> None:
        """Moves the curricula, given the episode statistics averaged over all ranks."""
        ...

    def take_failures(self) -> list[Any]:
        """States from which the physics diverged, at most a few, since the last call; to be looked into."""
        ...


class VectorEnv(Experience, Protocol):
    """B environments stepped together, B = `batch`.

    Attributes:
        sizes: length of each observation group.
        actions: number of action coordinates, each in [-1, 1].
    """

    sizes: dict[str, int]
    actions: int

    def start(self) -> Observation:
        """The first observation of all rows."""
        ...

    def step(self, action: np.ndarray) -> Step:
        """Applies (B, actions) float32 in [-1, 1]."""
        ...

    def follow(self, curricula: Any) -> None:
        """Takes over the state of the curricula from who moves them for many environments."""
        ...

    def curricula_state(self) -> Any:
        """The state of the curricula, plain values; `follow` takes it over."""
        ...

    def save(self) -> Any:
        """Everything that decides the next steps, picklable."""
        ...

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        ...


@dataclass
class EpisodeWindow:
    """Statistics of the newest episodes, over a fixed number of them."""

    length: int
    goals: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    reason: list[int] = field(default_factory=list)

    def add(self, episodes: Episodes) -> None:
        """Appends, forgetting the oldest."""
        rows = zip(episodes.goals, episodes.steps, episodes.reason, strict=True)
        self.extend([(float(goals), float(steps), int(reason)) for goals, steps, reason in rows])

    def extend(self, episodes: Sequence[tuple[float, float, int]]) -> None:
        """Appends goals, steps and reason of each episode, forgetting the oldest; the lists are new ones."""
        self.goals = (self.goals + [row[0] for row in episodes])[-self.length :]
        self.steps = (self.steps + [row[1] for row in episodes])[-self.length :]
        self.reason = (self.reason + [row[2] for row in episodes])[-self.length :]

    def clear(self) -> None:
        """Forgets all."""
        self.goals, self.steps, self.reason = [], [], []
