"""Variants of a recipe: fewer steps, other randomisation, other memory, fewer rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from inhand_core.config import ConfigError
from inhand_core.graph import known_groups, resolve_groups
from inhand_training.config import Phase, PpoPhase, TrainingConfig, Until
from inhand_training.graph_env import POLICY_GROUP
from inhand_training.networks import NetworkConfig


def within(training: TrainingConfig, steps: int) -> TrainingConfig:
    """The run in `steps` environment steps over all phases, each with its share of the recipe's; 0: as it is.

    Raises:
        ConfigError: a phase of the recipe has no number of steps to take a share of.
    """
    if not steps:
        return training
    if timed := [phase.name for phase in training.phases if not phase.until.steps]:
        raise ConfigError(f"phases {timed} end by time alone: give them `until: {{steps: …}}`, or no budget of steps")
    share = steps / sum(phase.until.steps for phase in training.phases)
    return _changed(training, lambda phase: replace(phase, until=Until(max(1, round(share * phase.until.steps)))))


def sized(training: TrainingConfig, batch: int) -> TrainingConfig:
    """The run with `batch` rows a rank in every phase; 0: as it is."""
    return _changed(training, lambda phase: replace(phase, env=replace(phase.env, batch=batch or phase.env.batch)))


def without(training: TrainingConfig, groups: Collection[str]) -> TrainingConfig:
    """The run with groups of config/randomization.yaml held out of every phase (paper 6.3)."""

    def held_out(phase: Phase) -> Phase:
        kept = [g for g in resolve_groups(phase.env.randomization, known_groups()) if g not in groups]
        return replace(phase, env=replace(phase.env, randomization=",".join(kept) or "none"))

    return _changed(training, held_out)


def with_memory(training: TrainingConfig, policy: bool, value: bool) -> TrainingConfig:
    """The run with or without LSTMs in the networks that have one (paper 6.4, Table 5).

    In place of an LSTM a feed-forward network has a dense layer of the same width. A policy that is distilled has no
    value network; `value` says nothing there.

    Raises:
        ConfigError: the recipe trains no recurrent policy, with a recurrent value network where it is by PPO.
    """
    if not any(_recurrent(phase) for phase in training.phases):
        raise ConfigError(
            "no phase trains an LSTM policy, by distillation or by PPO with an LSTM value network; "
            "config/training/study.yaml and study_distilled.yaml do"
        )

    def remembering(phase: Phase) -> Phase:
        actor = phase.actor if policy or not _deployed(phase.actor) else _feedforward(phase.actor)
        if not isinstance(phase, PpoPhase):
            return replace(phase, actor=actor)
        return replace(phase, actor=actor, critic=phase.critic if value else _feedforward(phase.critic))

    return _changed(training, remembering)


def _changed(training: TrainingConfig, change) -> TrainingConfig:
    return replace(training, phases=tuple(change(phase) for phase in training.phases))


def _deployed(network: NetworkConfig) -> bool:
    return network.observes == POLICY_GROUP


def _recurrent(phase: Phase) -> bool:
    """Whether the phase trains a policy with memory, and so with its value network if it has one."""
    values = phase.critic.lstm > 0 if isinstance(phase, PpoPhase) else True
    return _deployed(phase.actor) and phase.actor.lstm > 0 and values


def _feedforward(network: NetworkConfig) -> NetworkConfig:
    return replace(network, dense=(*network.dense, network.lstm), lstm=0) if network.lstm else network
