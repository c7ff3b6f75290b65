"""Between torch networks and weights files, and seeded random weights to start from."""

from __future__ import annotations

import dataclasses

import torch

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_policy.architectures import NetworkInfo, NetworkSizes
from inhand_policy.network import PolicyNetwork
from inhand_policy.observation import PAPER_OBSERVATION, observation_size
from inhand_policy.weights import COUNT, PolicyMetadata, PolicyWeights, SmoothingInfo, TrainingInfo


def network_info(network: PolicyNetwork) -> NetworkInfo:
    """Sizes of a network, for the metadata."""
    sizes = network.sizes
    return NetworkInfo(network.trunk.inputs, sizes.dense, sizes.lstm, sizes.memory)


def default_smoothing() -> SmoothingInfo:
    """The smoothing of config/smoother.yaml."""
    return load_config(SmoothingInfo, read_yaml(config_file("smoother")), "smoother.yaml")


def export_weights(
    network: PolicyNetwork,
    observation: tuple[str, ...],
    training: TrainingInfo,
    smoothing: SmoothingInfo | None = None,
) -> PolicyWeights:
    """Weights of a network as NumPy arrays with their metadata; `save_weights` writes them.

    Args:
        network: with its normaliser's statistics.
        observation: block names in the order the network was fed with.
        training: where the numbers come from.
        smoothing: the smoother of the training; default config/smoother.yaml.
    """
    metadata = PolicyMetadata(
        observation=tuple(observation),
        network=network_info(network),
        smoothing=smoothing or default_smoothing(),
        training=training,
        clip=network.normalizer.clip,
    )
    tensors = {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}
    tensors[COUNT] = tensors[COUNT].min()[...]
    return PolicyWeights(metadata, tensors)


def import_network(weights: PolicyWeights) -> PolicyNetwork:
    """The torch network of some weights, to go on training."""
    info = weights.metadata.network
    network = PolicyNetwork(info.inputs, NetworkSizes(info.dense, info.lstm, info.memory))
    network.normalizer.clip = weights.metadata.clip
    network.load_state_dict({name: torch.from_numpy(tensor.copy()) for name, tensor in weights.tensors.items()})
    return network


def initial_weights(
    seed: int,
    observation: tuple[str, ...] = PAPER_OBSERVATION,
    sizes: NetworkSizes | None = None,
) -> PolicyWeights:
    """Seeded random weights, marked as such; the same seed gives the same numbers. Leaves torch's generator alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = PolicyNetwork(observation_size(observation), sizes)
    training = TrainingInfo(recipe="none: initial weights", revision="", seed=seed, random=True)
    return dataclasses.replace(export_weights(network, observation, training), source=f"initial weights, seed {seed}")
