"""One phase of a run on one rank: its loop, log lines and checkpoints."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from inhand_core.signals import EndReason
from inhand_training.actor_critic import ActorCritic
from inhand_training.background import write_status
from inhand_training.checkpoint import find_checkpoint, handed_on, read_checkpoint, save_checkpoint
from inhand_training.config import DistillPhase, Phase, PpoPhase, TrainingConfig
from inhand_training.distill import Distiller
from inhand_training.env import Counts, EpisodeWindow, Experience, VectorEnv
from inhand_training.networks import Network
from inhand_training.ppo import DivergedError, Ppo
from inhand_training.ranks import Ranks, sum_of_ranks
from inhand_training.rollout import Collector
from inhand_training.runlog import RunLog, failures_per_goal


class Learner(Protocol):
    """What a phase's loop drives: an algorithm with its environment."""

    @property
    def env(self) -> Experience:
        """Where its transitions come from."""
        ...

    horizon: int
    episodes: EpisodeWindow

    def iterate(self, progress: float) -> tuple[dict[str, float], Counts]:
        """Gathers and learns once at `progress` in [0, 1] through the phase; returns scalars and this rank's counts."""
        ...

    def save(self) -> dict[str, Any]:
        """Everything the next iteration depends on."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned."""
        ...


class PpoLearner:
    """PPO with its environment."""

    def __init__(self, env: VectorEnv, model: ActorCritic, phase: PpoPhase, ranks: Ranks) -> None:
        ranks.same_start(model)
        self.env, self.model, self.horizon = env, model, phase.ppo.horizon
        self.ppo = Ppo(model, phase.ppo, ranks)
        self.collector = Collector(env, model, phase.ppo.horizon, phase.ppo.window)
        self.episodes = self.collector.episodes
        if any(network.normalizer.unseen for network in (model.actor, model.critic)):
            self._first_statistics()

    def iterate(self, progress: float) -> tuple[dict[str, float], Counts]:
        """A rollout and an update."""
        begin = time.perf_counter()
        rollout = self.collector.collect()
        collected = time.perf_counter()
        scalars = self.ppo.update(rollout, progress)
        learned = time.perf_counter()
        share = (collected - begin) / (learned - begin)
        reward = float(rollout.reward[rollout.valid].mean())
        return {**scalars, "reward": reward, "rollout_share": share}, rollout.counts

    def save(self) -> dict[str, Any]:
        """Networks, optimiser and environment."""
        return {
            **self.ppo.save(),
            "curricula": self.env.curricula_state(),
            "collector": self.collector.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned."""
        self.ppo.restore(saved)
        if "collector" in saved:
            self.collector.restore(saved["collector"])
        else:  # kept state: experience starts over
            self.env.follow(saved["curricula"])

    def _first_statistics(self) -> None:
        """Normalisation of what no network has seen yet from one rollout, so that learning does not begin on raw
        numbers."""
        self.ppo.observe(self.collector.collect())


class DistillLearner:
    """Distillation with its environment."""

    def __init__(
        self, env: VectorEnv, teacher: ActorCritic, student: Network, phase: DistillPhase, ranks: Ranks
    ) -> None:
        ranks.same_start(student)
        self.env, self.model, self.horizon = env, student, phase.distill.horizon
        self.distiller = Distiller(env, teacher, student, phase.distill, ranks)
        self.episodes = self.distiller.episodes

    def iterate(self, progress: float) -> tuple[dict[str, float], Counts]:
        """A sequence and the updates from it."""
        return self.distiller.iterate(progress)

    def save(self) -> dict[str, Any]:
        """Student, optimiser and environment."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.distiller.optimizer.state_dict(),
            "curricula": self.env.curricula_state(),
            "distiller": self.distiller.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned."""
        self.model.load_state_dict(saved["model"])
        self.distiller.optimizer.load_state_dict(saved["optimizer"])
        if "distiller" in saved:
            self.distiller.restore(saved["distiller"])
        else:
            self.env.follow(saved["curricula"])


class PhaseLoop:
    """Iterates a learner until its phase is over.

    Args:
        learner: the algorithm with its environment.
        phase: configuration of the phase.
        run: configuration of the run.
        folder: where log and checkpoints go.
        ranks: the data-parallel group.
    """

    def __init__(self, learner: Learner, phase: Phase, run: TrainingConfig, folder: Path, ranks: Ranks) -> None:
        self.learner, self.phase, self.run, self.folder, self.ranks = learner, phase, run, folder, ranks
        self.steps, self.iteration, self.seconds, self.failed = 0, 0, 0.0, 0.0
        self._recent: deque[float] = deque(maxlen=50)
        self._interval = Counts()
        self._finished = False

    def resume(self) -> bool:
        """Goes on from the newest checkpoint; false where there is none."""
        checkpoint = find_checkpoint(self.folder)
        if checkpoint is None:
            return False
        saved = read_checkpoint(checkpoint, self.ranks.rank)
        self.learner.restore(saved["learner"])
        self.steps, self.iteration, self.seconds, self.failed, recent, _ = saved["loop"]
        self._finished = self.ranks.any(self._progress() >= 1.0)  # the recipe's end may have moved since
        self._recent.extend(recent)
        if "torch_random" in saved:  # not in kept state, which another machine goes on from
            torch.set_rng_state(saved["torch_random"])
        return True

    def save(self) -> None:
        """Writes a checkpoint, and beside it the states before physics diverged, if any did since the last one."""
        loop = (self.steps, self.iteration, self.seconds, self.failed, list(self._recent), self._finished)
        save_checkpoint(self.folder, {"learner": self.learner.save(), "loop": loop}, self.ranks)
        if failures := self.learner.env.take_failures():
            torch.save(failures, self.folder / f"bad_worlds_rank_{self.ranks.rank}_{self.iteration}.pt")

    def loop(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Iterates to the phase's end, or until `stopped`; the last act is a checkpoint."""
        log = RunLog(self.folder, self.phase.name) if self.ranks.is_first else None
        begin, before = time.monotonic(), self.seconds
        first_step, logged, saved = self.steps, -1e9, begin
        while not self._finished:
            scalars = self._iterate(log)
            now = time.monotonic()
            self.seconds = before + now - begin
            self._finished = self.ranks.any(self._progress() >= 1.0)
            if log:
                log.progress(self._progress())
            halt = self.ranks.any(stopped())
            if log and (now - logged > self.run.log_s or self._finished):
                logged = now
                rate = {"steps_per_s": (self.steps - first_step) / (now - begin)}
                log.write({**self._status(), **failures_per_goal(self._interval), **rate, **scalars})
                self._write_status(rate)
                self._interval = Counts()
            if self.ranks.any(now - saved > self.run.checkpoint_s) or self._finished or halt:
                saved = now
                self.save()
            if halt:
                break
        if log:
            log.close()

    def _iterate(self, log: RunLog | None) -> dict[str, float]:
        try:
            scalars, own = self.learner.iterate(min(1.0, self._progress()))
        except DivergedError:
            torch.save(self.learner.save(), self.folder / f"diverged_rank_{self.ranks.rank}.pt")
            raise
        transitions = self.learner.horizon * self.learner.env.batch
        self.steps += transitions * self.ranks.size
        self.iteration += 1
        counts = sum_of_ranks(own, self.ranks)
        self._interval += counts
        self.failed += counts.failed
        self._recent.append(100.0 * counts.goals / (transitions * self.ranks.size))
        summary = self._episode_summary()
        env = self.learner.env
        before = env.progress
        env.adapt(summary)
        if env.progress != before:  # the next rise is judged by episodes of the new stage alone
            self.learner.episodes.clear()
        self._summary = summary
        return {**scalars, **env.progress}

    def _episode_summary(self) -> dict[str, float]:
        window = self.learner.episodes
        full = bool(window.goals)
        values = [
            float(np.mean(window.goals)) if full else 0.0,
            float(np.median(window.goals)) if full else 0.0,
            float(np.mean(window.steps)) if full else 0.0,
            float(np.mean(np.equal(window.reason, EndReason.DROPPED))) if full else 0.0,
            len(window.goals) / window.length,
        ]
        mean = self.ranks.mean(torch.tensor(values, dtype=torch.float64)).tolist()
        return {
            "mean_goals": mean[0],
            "median_goals": mean[1],
            "episode_steps": mean[2],
            "dropped": mean[3],
            "goals_per_100": float(np.mean(self._recent)),
            "window": mean[4],
        }

    def _status(self) -> dict[str, float]:
        return {
            "minutes": self.seconds / 60.0,
            "steps": self.steps,
            "iteration": self.iteration,
            "failed_worlds": self.failed,
            **self._summary,
        }

    def _write_status(self, rate: dict[str, float]) -> None:
        names = [phase.name for phase in self.run.phases]
        number = names.index(self.phase.name) + 1
        place = {"phase": self.phase.name, "number": number, "phases": len(names)}
        ends = {"until_steps": self.phase.until.steps, "progress": min(1.0, self._progress())}
        ends["finished"] = self._finished and number == len(names)
        write_status(self.folder.parent, {**place, **ends, **self._status(), **rate})

    def _progress(self) -> float:
        until = self.phase.until
        by_steps = self.steps / until.steps if until.steps else 0.0
        return max(by_steps, self.seconds / 60.0 / until.minutes if until.minutes else 0.0)


def trained_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """The networks that the newest checkpoint of a phase's folder hands on, as `state_dict` names them.

    Raises:
        FileNotFoundError: the phase has no checkpoint.
    """
    checkpoint = find_checkpoint(folder)
    if checkpoint is None:
        raise FileNotFoundError(f"{folder}: no checkpoint of this phase")
    return handed_on(read_checkpoint(checkpoint, 0))
