"""Proximal policy optimisation on truncated sequences; paper Table 10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inhand_core.config import ConfigError
from inhand_core.ranges import AT_LEAST_ONE, FRACTION, NOT_NEGATIVE, POSITIVE, Range
from inhand_training.actor_critic import ActorCritic
from inhand_training.advantages import generalised_advantages
from inhand_training.anchor import Anchor, AnchorConfig
from inhand_training.checkpoint import HANDED_ON
from inhand_training.minibatches import Batch, minibatches
from inhand_training.networks import update_statistics
from inhand_training.ranks import Ranks
from inhand_training.rollout import Rollout


class DivergedError(RuntimeError):
    """A loss or a gradient is no finite number."""


@dataclass(frozen=True)
class PpoConfig:
    """Hyper-parameters; counts of transitions are per rank.

    Policy and value network have an optimiser, a rate and a clip of their own: what the divergence says about the
    policy's rate says nothing about the value network's.

    Attributes:
        horizon: steps of a rollout, T.
        minibatch: transitions of a minibatch (whole rows of T steps where a network has memory).
        epochs: passes over a rollout.
        gamma, gae_lambda, clip, entropy: as in Table 10.
        bound: weight of the loss on means beyond the actions' range, see `distributions.MEAN_BOUND`.
        spread: weight of the loss on the variance of the actions about their mean. What is deployed is the mean; the
            less samples differ from it, the more of what they meet is what it meets.
        learning_rate: Adam's of the policy, at the start.
        learning_rate_range: bounds of the adapted rate.
        critic_rate: Adam's of the value network, fixed.
        target_kl: the policy's rate rises while an epoch's KL divergence is below half of it and falls above twice; an
            epoch beyond four times ends the update. 0: fixed rate.
        max_gradient: norm to which the gradient of either network is clipped.
        window: episodes in the statistics, per rank.
        averaging: share that a running average of the networks keeps at each update; what the phase hands on to others
            is this average, which has less of the last updates' noise. 0: the networks themselves.
        warm_up: updates at the start in which the value network alone learns.
        anchor: holds the policy near the one that it began with; none: nothing does.
    """

    horizon: Annotated[int, AT_LEAST_ONE]
    minibatch: Annotated[int, AT_LEAST_ONE]
    epochs: Annotated[int, AT_LEAST_ONE]
    gamma: Annotated[float, Range(0.0, 1.0, open="high")]
    gae_lambda: Annotated[float, FRACTION]
    clip: Annotated[float, Range(0.0, 1.0, open="both")]
    entropy: Annotated[float, NOT_NEGATIVE]
    bound: Annotated[float, NOT_NEGATIVE]
    learning_rate: Annotated[float, Range(0.0, 1.0, open="both")]
    learning_rate_range: Annotated[tuple[float, float], Range(0.0, 1.0, open="both")]
    critic_rate: Annotated[float, Range(0.0, 1.0, open="both")]
    target_kl: Annotated[float, NOT_NEGATIVE]
    max_gradient: Annotated[float, POSITIVE]
    window: Annotated[int, AT_LEAST_ONE]
    averaging: Annotated[float, Range(0.0, 1.0, open="high")] = 0.0
    warm_up: Annotated[int, NOT_NEGATIVE] = 0
    spread: Annotated[float, NOT_NEGATIVE] = 0.0
    anchor: AnchorConfig | None = None

    def __post_init__(self) -> None:
        low, high = self.learning_rate_range
        if self.target_kl and not low <= self.learning_rate <= high:
            raise ConfigError(
                f"learning_rate: {self.learning_rate:g} is not in learning_rate_range [{low:g}, {high:g}]"
            )


class Ppo:
    """The optimiser of one actor-critic.

    Args:
        model: policy and value network.
        config: hyper-parameters.
        ranks: the data-parallel group.
    """

    def __init__(self, model: ActorCritic, config: PpoConfig, ranks: Ranks) -> None:
        self.model, self.config, self.ranks = model, config, ranks
        self._critic = list(model.critic.parameters())
        own = {id(parameter) for parameter in self._critic}
        self._actor = [parameter for parameter in model.parameters() if id(parameter) not in own]
        self.actor_optimizer = torch.optim.Adam(self._actor, lr=config.learning_rate, eps=1e-5)
        self.critic_optimizer = torch.optim.Adam(self._critic, lr=config.critic_rate, eps=1e-5)
        self.learning_rate, self.updates = config.learning_rate, 0
        keep = get_ema_multi_avg_fn(config.averaging)
        self.averaged = AveragedModel(model, multi_avg_fn=keep) if config.averaging else None
        self.anchor = Anchor(model.actor) if config.anchor else None

    def update(self, rollout: Rollout, progress: float = 0.0) -> dict[str, float]:
        """One update from a rollout.

        Args:
            rollout: with an anchor, the one that follows the last.
            progress: in [0, 1] through the phase.

        Returns:
            The scalars to log.

        Raises:
            DivergedError: a loss is no finite number.
        """
        whole = self._prepare(rollout)
        learns = self.updates >= self.config.warm_up
        anchor = self.config.anchor.weight(progress) if self.config.anchor else 0.0
        logs: dict[str, list[float]] = {}
        epochs, kl = 0, 0.0
        for _ in range(self.config.epochs):
            divergences = []
            for batch in minibatches(whole, self.config.minibatch, self.model.recurrent):
                scalars = self._improve_critic(batch)
                if learns:
                    scalars |= self._improve_actor(batch, anchor)
                    divergences.append(scalars["kl"])
                for key, value in scalars.items():
                    logs.setdefault(key, []).append(value)
            epochs += 1
            if learns:
                kl = float(self.ranks.mean(torch.tensor([sum(divergences) / len(divergences)], dtype=torch.float64)))
                if not self._adapt_rate(kl):
                    break
        self.updates += 1
        self.observe(rollout)
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
        summary = {key: sum(values) / len(values) for key, values in logs.items()}
        explained = {"explained_variance": self._explained}
        return {**summary, **explained, "kl": kl, "epochs": epochs, "learning_rate": self.learning_rate}

    def observe(self, rollout: Rollout) -> None:
        """Takes a rollout's observations into the networks' normalisation."""
        for network in (self.model.actor, self.model.critic):
            update_statistics(network.normalizer, rollout.observation[network.config.observes], self.ranks)

    def save(self) -> dict[str, Any]:
        """Networks and optimisers; with an average, its tensors as `HANDED_ON`."""
        saved = {
            "model": self.model.state_dict(),
            "actor_optimizer": self.actor_optimizer.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict(),
            "learning_rate": self.learning_rate,
            "updates": self.updates,
        }
        if self.anchor is not None:
            saved |= self.anchor.save()
        if self.averaged is None:
            return saved
        return {**saved, "averaged": self.averaged.state_dict(), HANDED_ON: self.averaged.module.state_dict()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes back to what `save` returned, whatever else stands beside it."""
        self.model.load_state_dict(saved["model"])
        self.actor_optimizer.load_state_dict(saved["actor_optimizer"])
        self.critic_optimizer.load_state_dict(saved["critic_optimizer"])
        self.updates = saved["updates"]
        self._set_rates(saved["learning_rate"])
        if self.averaged is not None:
            self.averaged.load_state_dict(saved["averaged"])
        if self.anchor is not None:
            self.anchor.restore(saved)

    def _prepare(self, rollout: Rollout) -> Batch:
        """Advantages normalised over all ranks, normalised value targets; what is not valid gets weight 0."""
        config = self.config
        ended = rollout.ended | ~rollout.valid
        advantage = generalised_advantages(
            rollout.reward, rollout.value, rollout.terminal, ended, config.gamma, config.gae_lambda
        )
        target = advantage + rollout.value[:-1]
        update_statistics(self.model.returns, target[rollout.valid][:, None], self.ranks)
        self._explained = self._explained_variance(advantage[rollout.valid], target[rollout.valid])
        reference = None
        if self.anchor is not None:
            observes = self.model.actor.config.observes
            reference = self.anchor.parameters_of(rollout.observation[observes], rollout.start, rollout.memory[0])
        return Batch(
            rollout.observation,
            rollout.sample,
            rollout.log_probability,
            self._normalised(advantage, rollout.valid),
            self.model.returns(target[..., None])[..., 0],
            rollout.valid.float(),
            rollout.start,
            rollout.memory,
            reference,
        )

    def _moments(self, x: Tensor) -> tuple[float, float]:
        """Mean and variance over the values of all ranks."""
        x = x.double()
        mean, square = self.ranks.mean(torch.stack([x.mean(), (x * x).mean()])).tolist()
        return mean, max(square - mean * mean, 0.0)

    def _normalised(self, advantage: Tensor, valid: Tensor) -> Tensor:
        mean, variance = self._moments(advantage[valid])
        return (advantage - mean) / (variance**0.5 + 1e-6)

    def _explained_variance(self, error: Tensor, target: Tensor) -> float:
        """Share of the value targets' variance that the value network had foreseen."""
        return 1.0 - self._moments(error)[1] / (self._moments(target)[1] + 1e-12)

    def _improve_critic(self, batch: Batch) -> dict[str, float]:
        critic = self.model.critic
        value, _ = critic(batch.observation[critic.config.observes], batch.memory[1], batch.start)
        loss = _mean((value[..., 0] - batch.target) ** 2, batch.weight)
        self._descend(self.critic_optimizer, self._critic, loss)
        return {"value_loss": float(loss.detach())}

    def _improve_actor(self, batch: Batch, anchor: float) -> dict[str, float]:
        model, config, weight = self.model, self.config, batch.weight
        parameters, _ = model.actor(batch.observation[model.actor.config.observes], batch.memory[0], batch.start)
        log_ratio = model.distribution.log_probability(parameters, batch.sample) - batch.log_probability
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
        policy_loss = -_mean(torch.minimum(ratio * batch.advantage, clipped * batch.advantage), weight)
        entropy = _mean(model.distribution.entropy(parameters), weight)
        bound = _mean(model.distribution.bound_loss(parameters), weight)
        spread = _mean(model.distribution.variance(parameters), weight)
        loss = policy_loss - config.entropy * entropy + config.bound * bound + config.spread * spread
        scalars = {"policy_loss": policy_loss, "entropy": entropy, "bound_loss": bound, "spread": spread}
        if batch.reference is not None:
            scalars["anchor_kl"] = _mean(model.distribution.divergence(batch.reference, parameters), weight)
            loss = loss + anchor * scalars["anchor_kl"]
        self._descend(self.actor_optimizer, self._actor, loss)
        with torch.no_grad():
            kl = _mean(ratio - 1.0 - log_ratio, weight)
        return {**{key: float(value.detach()) for key, value in scalars.items()}, "kl": float(kl)}

    def _descend(self, optimizer: torch.optim.Optimizer, parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.ranks.average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, self.config.max_gradient)
        if not torch.isfinite(norm) or not torch.isfinite(loss):
            raise DivergedError(f"loss {float(loss.detach())}, gradient norm {float(norm)}: no finite number")
        optimizer.step()

    def _adapt_rate(self, kl: float) -> bool:
        """Moves the learning rate towards the target divergence; false where the update must stop."""
        if not self.config.target_kl:
            return True
        low, high = self.config.learning_rate_range
        if kl > 2.0 * self.config.target_kl:
            self.learning_rate = max(self.learning_rate / 1.3, low)
        elif kl < 0.5 * self.config.target_kl:
            self.learning_rate = min(self.learning_rate * 1.1, high)
        self._set_rates(self.learning_rate)
        return kl <= 4.0 * self.config.target_kl

    def _set_rates(self, actor: float) -> None:
        """Sets both rates, also where a restored optimiser had others."""
        self.learning_rate = actor
        for optimizer, rate in ((self.actor_optimizer, actor), (self.critic_optimizer, self.config.critic_rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate


def _mean(x: Tensor, weight: Tensor) -> Tensor:
    return (x * weight).sum() / weight.sum().clamp_min(1.0)
