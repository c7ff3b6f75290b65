"""Networks files: what a PPO phase has learned, such as a teacher, as safetensors with the phase in the metadata.

Other recipes begin with one or are taught by one. A weights file (`inhand_policy.weights`) is what a hand can run; a
networks file holds policy and value network whatever they observe, and their running normalisation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inhand_core.config import ConfigError, load_config, to_mapping
from inhand_core.files import replacing
from inhand_training.config import Phase, of_its_kind

VERSION = 2
_KEY = "inhand_networks"


@dataclass(frozen=True)
class NetworksInfo:
    """The metadata of a networks file.

    Attributes:
        phase: as it was trained, with all that its networks observe.
        revision: of the sources, as in the run's folder.
        seed: of the run.
        steps: environment steps of the phase.
        details: what else is known of it.
        version: of the format.
    """

    phase: Phase
    revision: str
    seed: int
    steps: int
    details: dict[str, Any] = field(default_factory=dict)
    version: int = VERSION


def save_networks(path: Path, info: NetworksInfo, tensors: dict[str, Tensor]) -> None:
    """Writes a networks file, by way of a temporary one, so that a reader never sees half of it."""
    held = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as draft:
        safetensors.torch.save_file(held, draft, {_KEY: json.dumps(to_mapping(info), sort_keys=True)})


def holds_networks(path: str | Path) -> bool:
    """Whether a file is a networks file."""
    try:
        with safe_open(path, framework="numpy") as file:
            return _KEY in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def load_networks(path: str | Path) -> tuple[NetworksInfo, dict[str, Tensor]]:
    """Metadata and tensors of a networks file.

    Raises:
        ConfigError: it is missing, is no networks file, or one of another version.
    """
    if not holds_networks(path):
        raise ConfigError(f"{path}: no file with trained networks, which `inhand train networks` writes")
    with safe_open(path, framework="numpy") as file:
        raw = json.loads(file.metadata()[_KEY])
    if raw.get("version") == 1:
        raw = _from_version_1(raw)
    if raw.get("version") != VERSION:
        raise ConfigError(f"{path}: version {raw.get('version')} of networks files; this program reads {VERSION}")
    raw["phase"] = of_its_kind(raw["phase"])  # older files have the keys of all kinds
    return load_config(NetworksInfo, raw, str(path)), safetensors.torch.load_file(path)


def _from_version_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Policy and value network had one optimiser then, and means no bound."""
    ppo = {key: value for key, value in raw["phase"]["ppo"].items() if key != "value_weight"}
    ppo |= {"bound": 0.0, "critic_rate": ppo["learning_rate"]}
    return {**raw, "phase": {**raw["phase"], "ppo": ppo}, "version": VERSION}
