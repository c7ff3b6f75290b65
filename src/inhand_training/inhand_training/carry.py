"""Carries trained networks to a phase that observes other features: what both know keeps its columns."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from inhand_policy.observation import observation_size
from inhand_training.config import Phase, PpoPhase
from inhand_training.features import features_size
from inhand_training.graph_env import POLICY_GROUP
from inhand_training.networks import NetworkConfig

Blocks = tuple[tuple[str, int], ...]
_NEW = {
    "trunk.normalizer.mean": 0.0,
    "trunk.normalizer.variance": 1.0,
    "trunk.normalizer.count": 0.0,
    "trunk.layers.0.weight": 0.0,
    "trunk.dense.weight": 0.0,
}
"""Tensors with one column for each input, and what a feature that is new to a network begins with: no influence, and no
sample behind its statistics, so that it takes those of the first rollout."""


def observed_blocks(phase: Phase, network: NetworkConfig) -> Blocks:
    """Names and lengths of the features that a network of the phase reads, in order."""
    if network.observes == POLICY_GROUP:
        return tuple((name, observation_size((name,))) for name in phase.env.policy)
    return tuple((name, features_size((name,))) for name in phase.env.states[network.observes])


def carry(tensors: Mapping[str, Tensor], before: Blocks, after: Blocks) -> dict[str, Tensor]:
    """The tensors of a network that read the features `before`, for one of the same shape that reads `after`.

    A feature that is left out goes with its columns, as if it stood at its running mean; a new one has no influence
    before the network learns to use it.
    """
    tensors = {name: _by_column(name, tensor, before) for name, tensor in tensors.items()}
    place, size = {}, 0
    for name, length in before:
        place[name], size = range(size, size + length), size + length
    columns = [column for name, length in after for column in place.get(name, [size] * length)]
    return {
        name: functional.pad(tensor, (0, 1), value=_NEW[name])[..., columns] if name in _NEW else tensor
        for name, tensor in tensors.items()
    }


def _by_column(name: str, tensor: Tensor, blocks: Blocks) -> Tensor:
    """Spreads the one count that files before hold over the columns."""
    one_for_all = name == "trunk.normalizer.count" and tensor.ndim == 0
    return tensor.expand(sum(length for _, length in blocks)) if one_for_all else tensor


def part(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of the module `name` under its own names."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}


def carry_actor_critic(tensors: Mapping[str, Tensor], source: PpoPhase, phase: PpoPhase) -> dict[str, Tensor]:
    """The tensors of an actor-critic of the phase `source`, for one of `phase`."""
    carried = dict(tensors)
    for name, old, new in (("actor", source.actor, phase.actor), ("critic", source.critic, phase.critic)):
        network = carry(part(tensors, name), observed_blocks(source, old), observed_blocks(phase, new))
        carried |= {f"{name}.{key}": tensor for key, tensor in network.items()}
    return carried
