"""A memory task: the cue is shown at the first step alone, the right action asked for two steps later; and a rank."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from inhand_training import run
from inhand_training.env import Counts, Episodes, Step
from inhand_training.ranks import Ranks, StopRequest

LENGTH = 4


class RecallEnv:
    """Rows of episodes of four steps; the reward of each later step is the agreement of the action with the cue."""

    actions = 1

    def __init__(self, batch: int, seed: int) -> None:
        self.batch, self.progress = batch, {}
        self.sizes = {"policy": 2, "state": 3}
        self._random = np.random.default_rng(seed)
        self._clock = np.zeros(batch, np.int64)
        self._cue = np.ones(batch)

    def start(self) -> dict[str, np.ndarray]:
        self._clock[:] = np.arange(self.batch) % LENGTH
        self._cue = np.sign(self._random.uniform(-1, 1, self.batch))
        return self._observe()

    def step(self, action: np.ndarray) -> Step:
        before = self._clock.copy()
        valid = before < LENGTH
        reward = np.where(valid & (before > 0), action[:, 0] * self._cue, 0.0)
        self._clock = np.where(valid, before + 1, 0)
        ended = valid & (self._clock == LENGTH)
        start = ~valid
        self._cue = np.where(start, np.sign(self._random.uniform(-1, 1, self.batch)), self._cue)
        count = int(ended.sum())
        episodes = Episodes(np.zeros(count), np.full(count, LENGTH), np.ones(count, np.int64), np.ones(count))
        return Step(
            self._observe(),
            reward.astype(np.float32),
            ended,
            ended,
            valid,
            start,
            Counts(int((reward > 0.5).sum())),
            episodes,
        )

    def adapt(self, summary: dict[str, float]) -> None:
        self.progress = {"seen": self.progress.get("seen", 0.0) + summary["mean_goals"]}

    def follow(self, curricula: tuple) -> None:
        self.progress = {"stage": float(curricula[2])}

    def curricula_state(self) -> tuple:
        return ((1.0, 2), (3.0, 4), int(self.progress.get("stage", 5)))

    def take_failures(self) -> list:
        return [{"clock": self._clock.copy()}]

    def save(self) -> tuple:
        return self._random.bit_generator.state, self._clock.copy(), self._cue.copy(), dict(self.progress)

    def restore(self, saved: tuple) -> None:
        self._random.bit_generator.state = saved[0]
        self._clock, self._cue, self.progress = saved[1].copy(), saved[2].copy(), dict(saved[3])

    def _observe(self) -> dict[str, np.ndarray]:
        first = self._clock == 0
        policy = np.stack([np.where(first, self._cue, 0.0), self._clock / LENGTH], -1).astype(np.float32)
        return {"policy": policy, "state": np.column_stack([policy, self._cue]).astype(np.float32)}


def until_stopped(rank: int, size: int, store: str, folder: str) -> None:
    """A rank that waits for its stop: says in `folder` that it runs, and that it was asked to end."""
    stop = StopRequest()
    (Path(folder) / f"{rank}.running").touch()
    while not stop():
        time.sleep(0.02)
    (Path(folder) / f"{rank}.stopped").touch()


def one_is_stopped(rank: int, size: int, store: str, folder: str) -> None:
    """A rank of a run of two phases whose first process is asked to stop before the first; notes that it has ended."""
    ranks = Ranks(rank, size, store)
    run.run_phase = lambda *_: ranks.barrier()
    phases = [SimpleNamespace(name=name) for name in ("first", "second")]
    run.run_phases(SimpleNamespace(phases=phases), Path(folder), ranks, lambda: rank == 0)
    (Path(folder) / f"{rank}.ended").touch()
    ranks.close()
