"""Proximal policy optimisation on truncated sequences; paper Table 10."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inhand_core.config import ConfigError
from inhand_training.actor_critic import ActorCritic
from inhand_training.advantages import generalised_advantages
from inhand_training.checkpoint import HANDED_ON
from inhand_training.networks import Memory, update_statistics
from inhand_training.ranks import Ranks
from inhand_training.rollout import Rollout


class DivergedError(RuntimeError):
    """A loss or a gradient is no finite number."""


@dataclass(frozen=True)
class PpoConfig:
    """Hyper-parameters; counts of transitions are per rank.

    Attributes:
        horizon: steps of a rollout, T.
        minibatch: transitions of a minibatch (whole rows of T steps where a network has memory).
        epochs: passes over a rollout.
        gamma, gae_lambda, clip, entropy: as in Table 10.
        value_weight: weight of the value loss.
        learning_rate: Adam's, at the start.
        learning_rate_range: bounds of the adapted rate.
        target_kl: the rate rises while an epoch's KL divergence is below half of it and falls above twice; an epoch
            beyond four times ends the update. 0: fixed rate.
        max_gradient: norm to which gradients are clipped.
        window: episodes in the statistics, per rank.
        averaging: share that a running average of the networks keeps at each update; what the phase hands on to others
            is this average, which has less of the last updates' noise. 0: the networks themselves.
    """

    horizon: int
    minibatch: int
    epochs: int
    gamma: float
    gae_lambda: float
    clip: float
    entropy: float
    value_weight: float
    learning_rate: float
    learning_rate_range: tuple[float, float]
    target_kl: float
    max_gradient: float
    window: int
    averaging: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.averaging < 1.0:
            raise ConfigError(f"averaging: {self.averaging:g} is not in [0, 1)")


@dataclass
class Batch:
    """Transitions of a minibatch; (T, n, …) with memory, (1, n, …) without."""

    observation: dict[str, Tensor]
    sample: Tensor
    log_probability: Tensor
    advantage: Tensor
    target: Tensor
    weight: Tensor
    start: Tensor
    memory: tuple[Memory, Memory]


class Ppo:
    """The optimiser of one actor-critic.

    Args:
        model: policy and value network.
        config: hyper-parameters.
        ranks: the data-parallel group.
    """

    def __init__(self, model: ActorCritic, config: PpoConfig, ranks: Ranks) -> None:
        self.model, self.config, self.ranks = model, config, ranks
        self.optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, eps=1e-5)
        self.learning_rate = config.learning_rate
        keep = get_ema_multi_avg_fn(config.averaging)
        self.averaged = AveragedModel(model, multi_avg_fn=keep) if config.averaging else None

    def update(self, rollout: Rollout) -> dict[str, float]:
        """One update from a rollout; returns the scalars to log.

        Raises:
            DivergedError: a loss is no finite number.
        """
        whole = self._prepare(rollout)
        logs: dict[Literal["policy_loss", "value_loss", "entropy", "kl"], list[float]] = {}
        epochs = 0
        for _ in range(self.config.epochs):
            divergences = []
            for batch in self._minibatches(whole):
                scalars = self._minimise(batch)
                divergences.append(scalars["kl"])
                for key, value in scalars.items():
                    logs.setdefault(key, []).append(value)
            epochs += 1
            kl = float(self.ranks.mean(torch.tensor([sum(divergences) / len(divergences)], dtype=torch.float64)))
            if not self._adapt_rate(kl):
                break
        self.observe(rollout)
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
        summary = {key: sum(values) / len(values) for key, values in logs.items()}
        return {**summary, "kl": kl, "epochs": epochs, "learning_rate": self.learning_rate}

    def observe(self, rollout: Rollout) -> None:
        """Takes a rollout's observations into the networks' normalisation."""
        for network in (self.model.actor, self.model.critic):
            update_statistics(network.normalizer, rollout.observation[network.config.observes], self.ranks)

    def save(self) -> dict[str, Any]:
        """Networks and optimiser; with an average, its tensors as `HANDED_ON`."""
        optimizer, model = self.optimizer.state_dict(), self.model.state_dict()
        saved = {"model": model, "optimizer": optimizer, "learning_rate": self.learning_rate}
        if self.averaged is None:
            return saved
        return {**saved, "averaged": self.averaged.state_dict(), HANDED_ON: self.averaged.module.state_dict()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned, whatever else stands beside it."""
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.learning_rate = saved["learning_rate"]
        if self.averaged is not None:
            self.averaged.load_state_dict(saved["averaged"])

    def _prepare(self, rollout: Rollout) -> Batch:
        """Advantages, normalised value targets; what is not valid gets weight 0."""
        config = self.config
        ended = rollout.ended | ~rollout.valid
        advantage = generalised_advantages(
            rollout.reward, rollout.value, rollout.terminal, ended, config.gamma, config.gae_lambda
        )
        target = advantage + rollout.value[:-1]
        update_statistics(self.model.returns, target[rollout.valid][:, None], self.ranks)
        return Batch(
            rollout.observation,
            rollout.sample,
            rollout.log_probability,
            advantage,
            self.model.returns(target[..., None])[..., 0],
            rollout.valid.float(),
            rollout.start,
            rollout.memory,
        )

    def _minibatches(self, whole: Batch) -> Iterator[Batch]:
        """Random parts: rows of whole sequences where there is memory, single transitions where there is none."""
        steps, rows = whole.weight.shape
        if self.model.recurrent:
            size = max(1, self.config.minibatch // steps)
            for pick in torch.randperm(rows).split(size):
                yield _select(whole, lambda x, i=pick: x[:, i], pick)
            return
        for pick in torch.randperm(steps * rows).split(self.config.minibatch):
            yield _select(whole, lambda x, i=pick: x.flatten(0, 1)[i][None], None)

    def _minimise(self, batch: Batch) -> dict[str, float]:
        model, config = self.model, self.config
        parameters, _ = model.actor(batch.observation[model.actor.config.observes], batch.memory[0], batch.start)
        value, _ = model.critic(batch.observation[model.critic.config.observes], batch.memory[1], batch.start)
        total = batch.weight.sum().clamp_min(1.0)

        def mean(x: Tensor) -> Tensor:
            return (x * batch.weight).sum() / total

        centre = mean(batch.advantage)
        advantage = (batch.advantage - centre) / (mean((batch.advantage - centre) ** 2).sqrt() + 1e-6)
        log_ratio = model.distribution.log_probability(parameters, batch.sample) - batch.log_probability
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
        policy_loss = -mean(torch.minimum(ratio * advantage, clipped * advantage))
        value_loss = mean((value[..., 0] - batch.target) ** 2)
        entropy = mean(model.distribution.entropy(parameters))
        loss = policy_loss + config.value_weight * value_loss - config.entropy * entropy
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.ranks.average_gradients(model.parameters())
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_gradient)
        if not torch.isfinite(norm) or not torch.isfinite(loss):
            raise DivergedError(f"loss {float(loss.detach())}, gradient norm {float(norm)}: no finite number")
        self.optimizer.step()
        with torch.no_grad():
            kl = mean(ratio - 1.0 - log_ratio)
        return {
            "policy_loss": float(policy_loss.detach()),
            "value_loss": float(value_loss.detach()),
            "entropy": float(entropy.detach()),
            "kl": float(kl),
        }

    def _adapt_rate(self, kl: float) -> bool:
        """Moves the learning rate towards the target divergence; false where the update must stop."""
        if not self.config.target_kl:
            return True
        low, high = self.config.learning_rate_range
        if kl > 2.0 * self.config.target_kl:
            self.learning_rate = max(self.learning_rate / 1.3, low)
        elif kl < 0.5 * self.config.target_kl:
            self.learning_rate = min(self.learning_rate * 1.1, high)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        return kl <= 4.0 * self.config.target_kl


def _select(whole: Batch, pick: object, rows: Tensor | None) -> Batch:
    """The part of a batch that `pick` takes from each (T, B, …) tensor; memories by `rows`."""

    def memory(m: Memory) -> Memory:
        return None if m is None or rows is None else (m[0][rows], m[1][rows])

    return Batch(
        {name: pick(x) for name, x in whole.observation.items()},
        pick(whole.sample),
        pick(whole.log_probability),
        pick(whole.advantage),
        pick(whole.target),
        pick(whole.weight),
        pick(whole.start),
        (memory(whole.memory[0]), memory(whole.memory[1])),
    )
