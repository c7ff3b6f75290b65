"""Where networks come from: an earlier phase of the run, a phase of another run, a networks file, or a weights file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from inhand_core.config import ConfigError
from inhand_policy.export import default_smoothing
from inhand_policy.runner import find_weights
from inhand_policy.weights import load_weights
from inhand_training.actor_critic import ActorCritic
from inhand_training.carry import carry, carry_actor_critic, observed_blocks, part
from inhand_training.checkpoint import find_checkpoint
from inhand_training.config import DistillPhase, Phase, PpoPhase, TrainingConfig, is_file, load_resolved, references
from inhand_training.export import FEEDFORWARD_NAMES
from inhand_training.network_files import holds_networks, load_networks
from inhand_training.networks import Network
from inhand_training.phases import trained_tensors

RESOLVED = "config.yaml"
"""The resolved configuration in a run's folder."""


def check_sources(config: TrainingConfig, folder: Path) -> None:
    """Looks for what the phases of the run in `folder` begin with or are taught by.

    Raises:
        ConfigError: a file or folder is not there, or does not fit.
    """
    for phase in config.phases:
        for reference in filter(is_file, references(phase)):
            if _is_policy(reference):
                _check_weights(phase, reference)
            elif not reference.endswith(".safetensors") and find_checkpoint(Path(reference)) is None:
                raise ConfigError(f"phase {phase.name!r}: {reference}: no folder of a phase with a checkpoint")
        if phase.start_from and not _is_policy(phase.start_from):
            both = isinstance(phase, PpoPhase) and not phase.critic_from
            _check_networks(phase, phase.start_from, ("actor", "critic") if both else ("actor",), config, folder)
        if isinstance(phase, PpoPhase) and phase.critic_from:
            _check_critic(phase, phase.critic_from, config, folder)
        if isinstance(phase, DistillPhase):
            _check_teacher(phase, source_phase(config, folder, phase.teacher))


def source_phase(config: TrainingConfig, folder: Path, reference: str) -> Phase:
    """Configuration of an earlier phase of the run in `folder`, of a phase of another run, or in a networks file.

    Raises:
        ConfigError: the run's configuration has no such phase, or the file is no networks file.
    """
    if reference.endswith(".safetensors"):
        return load_networks(find_weights(reference))[0].phase
    if is_file(reference):
        folder, reference = Path(reference).parent, Path(reference).name
        config = load_resolved(folder / RESOLVED)
    for phase in config.phases:
        if phase.name == reference:
            return phase
    raise ConfigError(f"{folder / RESOLVED}: no phase {reference!r}; it has {[phase.name for phase in config.phases]}")


def source_tensors(folder: Path, reference: str) -> dict[str, Tensor]:
    """The networks of what `source_phase` describes.

    Raises:
        FileNotFoundError: the phase has no checkpoint.
    """
    if reference.endswith(".safetensors"):
        return load_networks(find_weights(reference))[1]
    return trained_tensors(Path(reference) if is_file(reference) else folder / reference)


def begin_with(module: ActorCritic | Network, phase: Phase, config: TrainingConfig, folder: Path) -> None:
    """Gives the networks of a phase what its `start_from` names; nothing where it names none.

    Between PPO phases that is policy and value network, elsewhere the policy alone. Phases may observe different
    features, see `carry`.
    """
    critic_from = phase.critic_from if isinstance(phase, PpoPhase) else None
    if critic_from and isinstance(module, ActorCritic) and isinstance(phase, PpoPhase):
        _begin_critic(module, phase, critic_from, config, folder)
    if phase.start_from is None:
        return
    actor = module.actor if isinstance(module, ActorCritic) else module
    if _is_policy(phase.start_from):
        _load_weights(actor, phase.start_from)
        return
    source = source_phase(config, folder, phase.start_from)
    tensors = source_tensors(folder, phase.start_from)
    whole = isinstance(module, ActorCritic) and not critic_from
    if isinstance(source, PpoPhase) and isinstance(phase, PpoPhase) and whole:
        module.load_state_dict(carry_actor_critic(tensors, source, phase))
        return
    tensors = part(tensors, "actor") if source.kind == "ppo" else tensors
    actor.load_state_dict(carry(tensors, observed_blocks(source, source.actor), observed_blocks(phase, phase.actor)))


def _is_policy(reference: str) -> bool:
    """Whether a reference names a weights file, which holds a policy alone."""
    return reference.endswith(".safetensors") and not holds_networks(find_weights(reference))


def _begin_critic(module: ActorCritic, phase: PpoPhase, reference: str, config: TrainingConfig, folder: Path) -> None:
    """Gives a value network, and its returns' statistics, what the phase's `critic_from` names."""
    source = _ppo_source(phase, reference, config, folder)
    tensors = source_tensors(folder, reference)
    blocks = observed_blocks(source, source.critic), observed_blocks(phase, phase.critic)
    module.critic.load_state_dict(carry(part(tensors, "critic"), *blocks))
    module.returns.load_state_dict(part(tensors, "returns"))


def _check_critic(phase: PpoPhase, reference: str, config: TrainingConfig, folder: Path) -> None:
    """Looks whether the value network of a phase begins with one that fits."""
    if _is_policy(reference):
        raise ConfigError(f"phase {phase.name!r}: critic_from {reference}: needs two phases of kind 'ppo'")
    _ppo_source(phase, reference, config, folder)
    _check_networks(phase, reference, ("critic",), config, folder)


def _ppo_source(phase: PpoPhase, reference: str, config: TrainingConfig, folder: Path) -> PpoPhase:
    """The phase whose value network another begins with."""
    source = source_phase(config, folder, reference)
    if not isinstance(source, PpoPhase):
        raise ConfigError(f"phase {phase.name!r}: critic_from {reference} has no value network; a PPO phase has")
    return source


def _check_networks(phase: Phase, reference: str, names: tuple[str, ...], config: TrainingConfig, folder: Path) -> None:
    """Compares the layers of a phase with those it begins with."""
    source = source_phase(config, folder, reference)
    for name in names if source.kind == "ppo" else ("actor",):
        given, found = (replace(getattr(p, name), observes="", initial_std=0.0) for p in (phase, source))
        if given != found:
            raise ConfigError(f"phase {phase.name!r}: {name} is {given}, in {reference} {found}")


def _check_teacher(phase: DistillPhase, source: Phase) -> None:
    """Looks whether a teacher is one, and sees in the phase what it saw while it learned."""
    if source.kind != "ppo":
        raise ConfigError(f"phase {phase.name!r}: teacher {phase.teacher} is of kind {source.kind!r}; it has to be ppo")
    for group in (source.actor.observes, source.critic.observes):
        needed, given = source.env.states.get(group), phase.env.states.get(group)
        if needed != given:
            raise ConfigError(
                f"phase {phase.name!r}: teacher {phase.teacher} observes {list(needed or ())}; env.states.{group} is "
                f"{None if given is None else list(given)}"
            )


def _load_weights(actor: Network, reference: str) -> None:
    weights = load_weights(find_weights(reference))
    renamed = {new: old for old, new in FEEDFORWARD_NAMES.items()} if not actor.recurrent else {}
    tensors = {name: torch.from_numpy(tensor.copy()) for name, tensor in weights.tensors.items()}
    actor.load_state_dict({renamed.get(name, name): tensor for name, tensor in tensors.items()})


def _check_weights(phase: Phase, reference: str) -> None:
    """Compares a weights file with the phase that begins with it."""
    metadata = load_weights(find_weights(reference)).metadata
    if isinstance(phase, DistillPhase) and phase.teacher == reference:
        raise ConfigError(f"phase {phase.name!r}: a teacher is a phase or a networks file, {reference} holds a policy")
    actor, network = phase.actor, metadata.network
    smoothing = replace(default_smoothing(), **phase.env.overrides.get("smoother", {}))
    layers = (actor.dense[0], actor.lstm) if actor.lstm else actor.dense
    memory = actor.memory if actor.lstm else "feedforward"
    for name, given, found in (
        ("env.policy", phase.env.policy, metadata.observation),
        ("memory of the actor", memory, network.memory),
        ("layers of the actor", layers, (network.dense, network.lstm)),
        ("smoother", smoothing, metadata.smoothing),
    ):
        if given != found:
            raise ConfigError(f"phase {phase.name!r}: {name} is {given}, in {reference} {found}")
