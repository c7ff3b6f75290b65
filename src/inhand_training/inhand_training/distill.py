"""Distillation of a full-state teacher into the policy that sees the hand's sensors alone, by dataset aggregation.

Teacher and student share the control of the environments (Ross et al. 2011: the share of the student grows); the
student learns, over truncated sequences with its memory carried on, what the teacher would have done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from inhand_core.ranges import AT_LEAST_ONE, FRACTION, NOT_NEGATIVE, POSITIVE, Range
from inhand_training.actor_critic import ActorCritic
from inhand_training.distributions import Bins
from inhand_training.env import Counts, EpisodeWindow, VectorEnv
from inhand_training.networks import Memory, Network, update_statistics
from inhand_training.ppo import DivergedError
from inhand_training.ranks import Ranks
from inhand_training.rollout import to_tensors


@dataclass(frozen=True)
class DistillConfig:
    """Hyper-parameters of distillation.

    Attributes:
        horizon: steps of a sequence.
        epochs: passes over each sequence.
        parts: minibatches of a pass, each of whole rows.
        learning_rate: Adam's, falling linearly to a tenth at the end of the phase.
        teacher_share: fraction of the phase over which the teacher's share of control falls from 1 to 0.
        target_std: standard deviation [action] of the normal density about the teacher's action that the bins imitate;
            0: the two bins next to it.
        exploration: the driving policy's actions are sampled in this fraction of the rows, else the mean is taken.
        max_gradient: norm to which gradients are clipped.
        window: episodes in the statistics, per rank.
    """

    horizon: Annotated[int, AT_LEAST_ONE]
    epochs: Annotated[int, AT_LEAST_ONE]
    parts: Annotated[int, AT_LEAST_ONE]
    learning_rate: Annotated[float, Range(0.0, 1.0, open="both")]
    teacher_share: Annotated[float, FRACTION]
    target_std: Annotated[float, NOT_NEGATIVE]
    exploration: Annotated[float, FRACTION]
    max_gradient: Annotated[float, POSITIVE]
    window: Annotated[int, AT_LEAST_ONE]


def target_bins(action: Tensor, bins: Bins, std: float) -> Tensor:
    """Target probabilities (…, A, 11) of actions (…, A), clipped to [-1, 1].

    Proportional to the normal density of standard deviation `std` [action] about the action; with `std` 0, shared
    linearly by the two nearest bin centres, so that their mean is the action.
    """
    centres = bins.centres.to(action.dtype)
    distance = (action.clamp(-1.0, 1.0)[..., None] - centres).abs()
    if std > 0.0:
        return torch.softmax(-0.5 * (distance / std) ** 2, -1)
    return (1.0 - distance / (centres[1] - centres[0])).clamp_min(0.0)


def distillation_loss(logits: Tensor, target: Tensor, bins: Bins, weight: Tensor) -> Tensor:
    """Cross-entropy of the student's bins against the teacher's, mean over coordinates and weighted steps.

    Args:
        logits: (T, B, A · 11).
        target: (T, B, A, 11) probabilities.
        bins: the student's distribution.
        weight: (T, B).
    """
    cross_entropy = -(target * bins.log_probabilities(logits)).sum(-1).mean(-1)
    return (cross_entropy * weight).sum() / weight.sum().clamp_min(1.0)


class Distiller:
    """Runs the environments and trains the student.

    Args:
        env: the environment.
        teacher: whose actor is imitated.
        student: the network to train, head "bins".
        config: hyper-parameters.
        ranks: the data-parallel group.
    """

    def __init__(
        self, env: VectorEnv, teacher: ActorCritic, student: Network, config: DistillConfig, ranks: Ranks
    ) -> None:
        self.env, self.teacher, self.student, self.config, self.ranks = env, teacher, student, config, ranks
        self.bins = Bins(env.actions)
        self.optimizer = torch.optim.Adam(student.parameters(), lr=config.learning_rate)
        self.episodes = EpisodeWindow(config.window)
        self.observation = to_tensors(env.start())
        self.start = torch.ones(env.batch, dtype=torch.bool)
        self.memory = (teacher.actor.memory(env.batch), student.memory(env.batch))

    def iterate(self, progress: float) -> tuple[dict[str, float], Counts]:
        """One sequence and the updates from it; `progress` in [0, 1] through the phase. Returns scalars to log, and
        what happened."""
        share = max(0.0, 1.0 - progress / self.config.teacher_share) if self.config.teacher_share > 0 else 0.0
        begin = self.memory[1]
        observations, targets, weights, starts = [], [], [], []
        counts = Counts()
        for _ in range(self.config.horizon):
            target, action = self._decide(share)
            step = self.env.step(action.numpy())
            observations.append(self.observation[self.student.config.observes])
            targets.append(target)
            starts.append(self.start)
            weights.append(torch.from_numpy(step.valid.copy()).float())
            self.observation, self.start = to_tensors(step.observation), torch.from_numpy(step.start.copy())
            self.episodes.add(step.episodes)
            counts += step.counts
        x = torch.stack(observations)
        update_statistics(self.student.normalizer, x, self.ranks)
        loss = self._learn(x, begin, torch.stack(starts), torch.stack(targets), torch.stack(weights), progress)
        return {"distillation_loss": loss, "teacher_share": share}, counts

    @torch.no_grad()
    def _decide(self, share: float) -> tuple[Tensor, Tensor]:
        """The teacher's target probabilities (B, A, 11), and the action (B, A) that drives."""
        teacher, student = self.teacher, self.student
        seen = self.observation[teacher.actor.config.observes][None]
        parameters, memory_t = teacher.actor(seen, self.memory[0], self.start[None])
        logits, memory_s = student(self.observation[student.config.observes][None], self.memory[1], self.start[None])
        self.memory = (memory_t, memory_s)
        distribution = teacher.distribution
        if isinstance(distribution, Bins):
            target = distribution.log_probabilities(parameters[0]).exp()
        else:
            target = target_bins(distribution.mean(parameters[0]), self.bins, self.config.target_std)
        rows = (len(target), 1)
        explore, by_teacher = torch.rand(rows) < self.config.exploration, torch.rand(rows) < share
        of_teacher = torch.where(explore, distribution.sample(parameters[0]), distribution.mean(parameters[0]))
        of_student = torch.where(explore, self.bins.sample(logits[0]), self.bins.mean(logits[0]))
        action = torch.where(by_teacher, distribution.action(of_teacher), self.bins.action(of_student))
        return target, action

    def _learn(
        self, x: Tensor, begin: Memory, starts: Tensor, target: Tensor, weight: Tensor, progress: float
    ) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * (1.0 - 0.9 * progress)
        losses = []
        for _ in range(self.config.epochs):
            for rows in torch.randperm(x.shape[1]).tensor_split(self.config.parts):
                memory = None if begin is None else tuple(part[rows] for part in begin)
                logits, _ = self.student(x[:, rows], memory, starts[:, rows])
                loss = distillation_loss(logits, target[:, rows], self.bins, weight[:, rows])
                self._descend(loss)
                losses.append(float(loss.detach()))
        return sum(losses) / len(losses)

    def _descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.ranks.average_gradients(self.student.parameters())
        norm = nn.utils.clip_grad_norm_(self.student.parameters(), self.config.max_gradient)
        if not torch.isfinite(norm):
            raise DivergedError(f"distillation: loss {float(loss.detach())}, gradient norm {float(norm)}")
        self.optimizer.step()

    def save(self) -> dict:
        """What the next iteration depends on beside networks and optimiser, the environment included."""
        return {
            "env": self.env.save(),
            "observation": self.observation,
            "start": self.start,
            "memory": self.memory,
            "episodes": (self.episodes.goals, self.episodes.steps, self.episodes.reason),
        }

    def restore(self, saved: dict) -> None:
        """Goes back to what `save` returned."""
        self.env.restore(saved["env"])
        self.observation, self.start, self.memory = saved["observation"], saved["start"], saved["memory"]
        self.episodes.goals, self.episodes.steps, self.episodes.reason = (list(v) for v in saved["episodes"])
