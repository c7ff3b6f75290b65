"""Where a phase's networks begin: an earlier phase of the run, a phase of another run, or a weights file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from inhand_core.config import ConfigError
from inhand_policy.export import default_smoothing
from inhand_policy.runner import find_weights
from inhand_policy.weights import load_weights
from inhand_training.actor_critic import ActorCritic
from inhand_training.carry import carry, carry_actor_critic, observed_blocks, part
from inhand_training.checkpoint import find_checkpoint
from inhand_training.config import PhaseConfig, TrainingConfig, is_file, load_training
from inhand_training.export import FEEDFORWARD_NAMES
from inhand_training.networks import Network
from inhand_training.phases import trained_tensors

RESOLVED = "config.yaml"
"""The resolved configuration in a run's folder."""


def check_sources(config: TrainingConfig) -> None:
    """Looks for what phases begin with outside of their run.

    Raises:
        ConfigError: a file or folder is not there, or does not fit.
    """
    for phase in config.phases:
        for reference in filter(is_file, (phase.start_from, phase.teacher)):
            if reference.endswith(".safetensors"):
                _check_weights(phase, reference)
            elif find_checkpoint(Path(reference)) is None:
                raise ConfigError(f"phase {phase.name!r}: {reference}: no folder of a phase with a checkpoint")
            else:
                find_phase(config, Path(), reference)


def find_phase(config: TrainingConfig, folder: Path, reference: str) -> tuple[PhaseConfig, Path]:
    """Configuration and folder of an earlier phase of the run in `folder`, or of a phase of another run.

    Raises:
        ConfigError: the run's configuration has no such phase.
    """
    if is_file(reference):
        folder, reference = Path(reference).parent, Path(reference).name
        config = load_training(folder / RESOLVED)
    for phase in config.phases:
        if phase.name == reference:
            return phase, folder / reference
    raise ConfigError(f"{folder / RESOLVED}: no phase {reference!r}; it has {[phase.name for phase in config.phases]}")


def begin_with(module: ActorCritic | Network, phase: PhaseConfig, config: TrainingConfig, folder: Path) -> None:
    """Gives the networks of a phase what its `start_from` names; nothing where it names none.

    Between PPO phases that is policy and value network, elsewhere the policy alone. Phases may observe different
    features, see `carry`.
    """
    if phase.start_from is None:
        return
    actor = module.actor if isinstance(module, ActorCritic) else module
    if phase.start_from.endswith(".safetensors"):
        _load_weights(actor, phase.start_from)
        return
    source, place = find_phase(config, folder, phase.start_from)
    tensors = trained_tensors(place)
    if source.kind == "ppo" and isinstance(module, ActorCritic):
        module.load_state_dict(carry_actor_critic(tensors, source, phase))
        return
    tensors = part(tensors, "actor") if source.kind == "ppo" else tensors
    actor.load_state_dict(carry(tensors, observed_blocks(source, source.actor), observed_blocks(phase, phase.actor)))


def _load_weights(actor: Network, reference: str) -> None:
    weights = load_weights(find_weights(reference))
    renamed = {new: old for old, new in FEEDFORWARD_NAMES.items()} if not actor.recurrent else {}
    tensors = {name: torch.from_numpy(tensor.copy()) for name, tensor in weights.tensors.items()}
    actor.load_state_dict({renamed.get(name, name): tensor for name, tensor in tensors.items()})


def _check_weights(phase: PhaseConfig, reference: str) -> None:
    """Compares a weights file with the phase that begins with it."""
    if phase.teacher == reference:
        raise ConfigError(f"phase {phase.name!r}: a teacher is a phase or a phase's folder, given {reference}")
    metadata = load_weights(find_weights(reference)).metadata
    actor, network = phase.actor, metadata.network
    smoothing = replace(default_smoothing(), **phase.env.overrides.get("smoother", {}))
    layers = (actor.dense[0], actor.lstm) if actor.lstm else actor.dense
    memory = "lstm" if actor.lstm else "feedforward"
    for name, given, found in (
        ("env.policy", phase.env.policy, metadata.observation),
        ("memory of the actor", memory, network.memory),
        ("layers of the actor", layers, (network.dense, network.lstm)),
        ("smoother", smoothing, metadata.smoothing),
    ):
        if given != found:
            raise ConfigError(f"phase {phase.name!r}: {name} is {given}, in {reference} {found}")
