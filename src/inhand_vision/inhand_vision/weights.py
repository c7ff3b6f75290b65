"""Weights files of pose estimators: safetensors with all that an estimator must agree on with images and object."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import safetensors
import safetensors.torch
import torch
from torch import nn

from inhand_core.config import ConfigError, load_config, read_json, to_mapping
from inhand_core.files import write_whole
from inhand_core.ranges import Range
from inhand_description.cameras import CAMERA_NAMES
from inhand_description.objects import OBJECTS
from inhand_vision.images import ImageConfig
from inhand_vision.keypoints import KeypointNetwork
from inhand_vision.network import RegressionNetwork

FORMAT, VERSION = "inhand-vision", 1
_KEY = "inhand_vision"
MAX_WIDTH = 1024
"""Channels; a network of this many has half a billion parameters."""
Kind = Literal["regression", "keypoints"]


class VisionWeightsError(ConfigError):
    """A weights file that cannot be used; the message names the file, the field, what is expected and what is found."""


@dataclass(frozen=True)
class VisionMetadata:
    """Everything but the numbers.

    Attributes:
        kind: "regression" (the paper's network) or "keypoints".
        object: its name, or the path of its file.
        images: crop and size of its input.
        width: channels of the keypoint network at its finest level; 0 for regression.
        cameras: names, in the order of its input.
        training: provenance: recipe, revision, seed, samples, renderer.
    """

    kind: Kind
    object: str
    images: ImageConfig
    width: Annotated[int, Range(0, MAX_WIDTH)]
    cameras: tuple[str, ...] = CAMERA_NAMES
    training: dict[str, Any] = field(default_factory=dict)
    format: str = FORMAT
    version: int = VERSION


def build_network(metadata: VisionMetadata) -> nn.Module:
    """The network that the metadata describes, with random weights."""
    if metadata.kind == "regression":
        return RegressionNetwork(len(metadata.cameras))
    return KeypointNetwork(len(OBJECTS[metadata.object].vertices), metadata.width)


def save_vision(path: str | Path, metadata: VisionMetadata, network: nn.Module) -> None:
    """Writes a weights file."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    content = {_KEY: json.dumps(to_mapping(metadata), sort_keys=True)}
    write_whole(path, safetensors.torch.save(tensors, content))


def load_vision(path: str | Path) -> tuple[VisionMetadata, nn.Module]:
    """Reads a weights file: metadata and the network in evaluation mode.

    Raises:
        VisionWeightsError: the file is missing, is no such file, or its tensors do not fit its metadata.
    """
    path = Path(path)
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*.safetensors")) if path.parent.is_dir() else []
        raise VisionWeightsError(f"{path}: no such file; in {path.parent} there are {there}")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            raw = (file.metadata() or {}).get(_KEY)
    except safetensors.SafetensorError as error:
        raise VisionWeightsError(f"{path}: no safetensors file: {error}") from error
    if raw is None:
        raise VisionWeightsError(f"{path}: field {_KEY!r} of the metadata: expected an estimator's, found none")
    try:
        mapping = read_json(raw, f"{path}: field {_KEY!r} of the metadata")
    except ConfigError as error:
        raise VisionWeightsError(str(error)) from error
    for name, expected in (("format", FORMAT), ("version", VERSION), ("cameras", list(CAMERA_NAMES))):
        if mapping.get(name) != expected:
            raise VisionWeightsError(f"{path}: field {name}: expected {expected!r}, found {mapping.get(name)!r}")
    try:
        metadata = load_config(VisionMetadata, mapping, str(path))
    except ConfigError as error:
        raise VisionWeightsError(str(error)) from error
    network = build_network(metadata)
    try:
        tensors = safetensors.torch.load_file(path)
        network.load_state_dict(tensors)
    except (RuntimeError, safetensors.SafetensorError, OSError, ValueError) as error:
        raise VisionWeightsError(f"{path}: {error}") from error
    if bad := [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]:
        raise VisionWeightsError(f"{path}: tensor {bad[0]}: expected finite numbers, found NaN or infinity")
    if bad := [name for name, tensor in tensors.items() if name.endswith("running_var") and bool((tensor < 0).any())]:
        raise VisionWeightsError(f"{path}: tensor {bad[0]}: expected numbers >= 0, found {tensors[bad[0]].min():g}")
    return metadata, network.eval()
