"""Weights files from runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inhand_core.config import ConfigError
from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_policy.architectures import NetworkSizes
from inhand_policy.export import default_smoothing, export_weights
from inhand_policy.network import PolicyNetwork
from inhand_policy.observation import observation_size
from inhand_policy.weights import PolicyWeights, TrainingInfo, save_weights
from inhand_training.checkpoint import find_checkpoint, handed_on, read_checkpoint
from inhand_training.config import Phase, TrainingConfig
from inhand_training.graph_env import POLICY_GROUP
from inhand_training.networks import Network
from inhand_training.runlog import curve

FEEDFORWARD_NAMES = {
    f"trunk.layers.{layer}.{kind}": f"trunk.{name}.{kind}"
    for layer, name in ((0, "dense"), (2, "input_gates"))
    for kind in ("weight", "bias")
}
"""Names of a feed-forward network's tensors here, and in the deployed form."""


def deployable(phase: Phase) -> bool:
    """Whether the phase trains a policy for the hand: sensors' observations, bins, and an LSTM or two ReLU layers."""
    actor = phase.actor
    layers = actor.lstm > 0 or (len(actor.dense) == 2 and actor.activation == "relu")
    return actor.observes == POLICY_GROUP and layers and actor.head == "bins"


def to_policy(network: Network) -> PolicyNetwork:
    """The deployed form of a trained network."""
    config, tensors = network.config, network.state_dict()
    if network.recurrent:
        sizes = NetworkSizes(config.dense[0], config.lstm, config.memory)
    else:
        sizes = NetworkSizes(*config.dense, memory="feedforward")
    policy = PolicyNetwork(len(network.normalizer.mean), sizes)
    policy.load_state_dict({FEEDFORWARD_NAMES.get(name, name): tensor for name, tensor in tensors.items()})
    return policy


def phase_weights(phase: Phase, folder: Path, training: TrainingInfo) -> PolicyWeights:
    """The policy in the newest checkpoint of a phase.

    Args:
        phase: its configuration.
        folder: of the run.
        training: provenance for the metadata.

    Raises:
        ConfigError: the phase trains no deployable policy.
        FileNotFoundError: it has no checkpoint.
    """
    if not deployable(phase):
        raise ConfigError(
            f"phase {phase.name!r} trains no policy for the hand (group 'policy', LSTM or two ReLU layers, bins)"
        )
    checkpoint = find_checkpoint(folder / phase.name)
    if checkpoint is None:
        raise FileNotFoundError(f"{folder / phase.name}: no checkpoint of this phase")
    content = read_checkpoint(checkpoint, 0)
    model = handed_on(content)
    actor = {key.removeprefix("actor."): value for key, value in model.items() if not key.startswith("critic.")}
    network = Network(phase.actor, observation_size(phase.env.policy), N_ACTUATORS * N_BINS, gain=0.01)
    network.load_state_dict({name: actor[name] for name in network.state_dict()})
    smoothing = replace(default_smoothing(), **phase.env.overrides.get("smoother", {}))
    started = {"start_from": phase.start_from} if phase.start_from else {}
    steps = {
        **started,
        "phase": phase.name,
        "phase_steps": content["loop"][0],
        "phase_minutes": content["loop"][2] / 60.0,
        "curve": curve(folder / phase.name),
    }
    return export_weights(
        to_policy(network), phase.env.policy, replace(training, details={**training.details, **steps}), smoothing
    )


def export_run(config: TrainingConfig, folder: Path, recipe: str, out: Path, only: str | None = None) -> bool:
    """Writes the policy of the last deployable phase (or of `only`); false where there is none, or none has begun."""
    phases = [phase for phase in config.phases if deployable(phase) and only in (None, phase.name)]
    if not phases or find_checkpoint(folder / phases[-1].name) is None:
        return False
    revision = (folder / "revision.txt").read_text().strip()
    phase = phases[-1]
    thing = phase.env.overrides.get("sim", {}).get("object", "block")
    training = TrainingInfo(recipe=recipe, revision=revision, seed=config.seed, random=False, object=thing)
    save_weights(out, phase_weights(phase, folder, training))
    return True
