"""Weights files: safetensors with everything in the metadata that a policy must agree on with the hand it drives.

Reading needs NumPy and safetensors alone, so that the node starts without torch.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import safetensors
import safetensors.numpy

from inhand_core.config import ConfigError, load_config, read_json, to_mapping
from inhand_core.files import write_whole
from inhand_core.ranges import FRACTION, POSITIVE, Range
from inhand_core.signals import N_ACTUATORS, N_BINS
from inhand_description import ACTUATOR_NAMES, JOINT_NAMES
from inhand_policy.architectures import NetworkInfo, architecture
from inhand_policy.observation import ObservationError, check_blocks, observation_size

FORMAT, VERSION = "inhand-policy", 1
KEY = "inhand_policy"
MAX_CLIP = 100.0
"""Standard deviations; normalised observations beyond it would only say that something is broken."""
MAX_WEIGHT = 1e4
"""Largest weight or bias that a sound network has; ours stay below 2."""
COUNT = "trunk.normalizer.count"
"""Samples behind the statistics of the inputs; one number for all of them."""
_STATISTICS = "trunk.normalizer."


class WeightsError(ConfigError):
    """A weights file that cannot be used; the message names the file, the field, what is expected and what is found."""


@dataclass(frozen=True)
class SmoothingInfo:
    """The smoothing that the policy was trained with, as in config/smoother.yaml."""

    coefficient: Annotated[float, FRACTION]
    period_s: Annotated[float, POSITIVE]
    weights: str


@dataclass(frozen=True)
class ActionInfo:
    """What an action means: a change relative to the joint angles when it is given, in 11 values of [-1, 1]."""

    bins: int = N_BINS
    low: float = -1.0
    high: float = 1.0
    relative_to: str = "measured joint angle"
    unit: str = "half of the actuator's range"


@dataclass(frozen=True)
class TrainingInfo:
    """Where the weights come from; `random` is true for weights that were never trained."""

    recipe: str
    revision: str
    seed: int
    random: bool
    object: str = "block"
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyMetadata:
    """Everything but the numbers. `rate_hz` is the rate of actions; `clip` bounds normalised observations."""

    observation: tuple[str, ...]
    network: NetworkInfo
    smoothing: SmoothingInfo
    training: TrainingInfo
    rate_hz: Annotated[float, POSITIVE] = 12.5
    clip: Annotated[float, Range(0.0, MAX_CLIP, open="low")] = 5.0
    action: ActionInfo = field(default_factory=ActionInfo)
    joints: tuple[str, ...] = tuple(JOINT_NAMES)
    actuators: tuple[str, ...] = tuple(ACTUATOR_NAMES)
    format: str = FORMAT
    version: int = VERSION


@dataclass(frozen=True)
class PolicyWeights:
    """Metadata and tensors (float32; the normaliser's statistics float64) by name; or an ONNX model in their place."""

    metadata: PolicyMetadata
    tensors: dict[str, np.ndarray]
    source: str = "memory"
    model: bytes | None = None

    @property
    def random(self) -> bool:
        """Whether the weights were never trained."""
        return self.metadata.training.random


def expected_shapes(network: NetworkInfo) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor of a policy of these sizes."""
    trunk = architecture(network.memory).shapes(network)
    return {
        "trunk.normalizer.mean": (network.inputs,),
        "trunk.normalizer.variance": (network.inputs,),
        COUNT: (),
        **{f"trunk.{name}": shape for name, shape in trunk.items()},
        "head.weight": (network.outputs, network.lstm),
        "head.bias": (network.outputs,),
    }


def save_weights(path: str | Path, weights: PolicyWeights) -> None:
    """Writes a weights file.

    Raises:
        WeightsError: the weights contradict themselves.
    """
    check_weights(weights, str(path))
    tensors = {name: tensor.copy(order="C") for name, tensor in weights.tensors.items()}
    text = json.dumps(to_mapping(weights.metadata), sort_keys=True)
    write_whole(path, safetensors.numpy.save(tensors, {KEY: text}))


def load_metadata(path: str | Path) -> PolicyMetadata:
    """Metadata of a weights file, .safetensors or .onnx.

    Raises:
        WeightsError: the file is missing, is no weights file, or its metadata cannot be read.
    """
    return _read(Path(path))[0]


def _read(path: Path) -> tuple[PolicyMetadata, bytes | None]:
    """Metadata of a weights file, and the content of one that is an ONNX model."""
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*.safetensors")) if path.parent.is_dir() else []
        raise WeightsError(f"{path}: no such file; in {path.parent} there are {there}")
    model = None
    if path.suffix == ".onnx":
        from inhand_policy.onnx_model import load_onnx

        model, raw = load_onnx(path)
    else:
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                raw = (file.metadata() or {}).get(KEY)
        except safetensors.SafetensorError as error:
            raise WeightsError(f"{path}: no safetensors file: {error}") from error
    if raw is None:
        raise WeightsError(f"{path}: field {KEY!r} of the metadata: expected a policy's description, found none")
    try:
        mapping = read_json(raw, f"{path}: field {KEY!r} of the metadata")
    except ConfigError as error:
        raise WeightsError(str(error)) from error
    for name, expected in (("format", FORMAT), ("version", VERSION)):
        _match(str(path), name, expected, mapping.get(name))
    try:
        return load_config(PolicyMetadata, mapping, str(path)), model
    except ConfigError as error:
        raise WeightsError(str(error)) from error


def load_weights(path: str | Path) -> PolicyWeights:
    """Reads and checks a weights file, .safetensors or .onnx.

    Raises:
        WeightsError: it does not fit this hand or itself; the message names the field, expected and found.
    """
    metadata, model = _read(Path(path))
    try:
        tensors = {} if model is not None else safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{path}: its tensors cannot be read: {error}") from error
    weights = PolicyWeights(metadata, tensors, str(path), model)
    check_weights(weights, str(path))
    return weights


def check_weights(weights: PolicyWeights, where: str) -> None:
    """Compares weights with the hand's tables and the metadata with the tensors.

    Raises:
        WeightsError: naming the first field that does not match.
    """
    metadata, network = weights.metadata, weights.metadata.network
    _match(where, "joints", tuple(JOINT_NAMES), metadata.joints)
    _match(where, "actuators", tuple(ACTUATOR_NAMES), metadata.actuators)
    for name, expected in dataclasses.asdict(ActionInfo()).items():
        _match(where, f"action.{name}", expected, getattr(metadata.action, name))
    try:
        inputs = observation_size(check_blocks(metadata.observation))
    except ObservationError as error:
        raise WeightsError(f"{where}: field observation: {error}") from error
    _match(where, "network.inputs", inputs, network.inputs)
    _match(where, "network.outputs", N_ACTUATORS * N_BINS, network.outputs)
    thing = metadata.training.object
    if not thing or ".." in Path(thing).parts:
        raise WeightsError(f"{where}: field training.object: {thing!r} is no object's name, and no path of its file")
    if weights.model is not None:
        return
    try:
        architecture(network.memory)
    except ConfigError as error:
        raise WeightsError(f"{where}: field network.{error}") from error
    shapes = {name: tensor.shape for name, tensor in weights.tensors.items()}
    for name, expected in expected_shapes(network).items():
        _match(where, f"tensor {name}", expected, shapes.get(name))
        _check_numbers(where, name, weights.tensors[name])
    _match(where, "tensors", sorted(expected_shapes(network)), sorted(shapes))


def _check_numbers(where: str, name: str, tensor: np.ndarray) -> None:
    """Refuses numbers that no training gives: they would be a policy that silently does nothing, or anything."""
    statistics = name.startswith(_STATISTICS)
    kind = np.float64 if statistics else np.float32
    if tensor.dtype != kind:
        raise WeightsError(f"{where}: tensor {name}: expected {kind.__name__}, found {tensor.dtype}")
    if not np.isfinite(tensor).all():
        raise WeightsError(f"{where}: tensor {name}: expected finite numbers, found NaN or infinity")
    least = {"variance": np.nextafter(0.0, 1.0), "count": 0.0}.get(name.removeprefix(_STATISTICS), -np.inf)
    if statistics and float(np.min(tensor)) < least:
        rule = "> 0" if least else ">= 0"
        raise WeightsError(f"{where}: tensor {name}: expected numbers {rule}, found {np.min(tensor):g}")
    if not statistics and float(np.abs(tensor).max()) > MAX_WEIGHT:
        most = float(np.abs(tensor).max())
        raise WeightsError(f"{where}: tensor {name}: expected numbers within ±{MAX_WEIGHT:g}, found {most:g}")


def check_deployment(weights: PolicyWeights, smoothing: Mapping[str, Any], rate_hz: float) -> None:
    """Compares weights with the graph they are to run in: the smoother's configuration and the policy's rate.

    Raises:
        WeightsError: naming the field that does not match.
    """
    _match(weights.source, "rate_hz", rate_hz, weights.metadata.rate_hz)
    for name, expected in smoothing.items():
        _match(weights.source, f"smoothing.{name}", expected, getattr(weights.metadata.smoothing, name))


def _match(where: str, name: str, expected: Any, found: Any) -> None:
    if expected == found:
        return
    if isinstance(expected, (tuple, list)) and isinstance(found, (tuple, list)) and len(expected) == len(found) > 3:
        index = next(i for i, (a, b) in enumerate(zip(expected, found, strict=True)) if a != b)
        name, expected, found = f"{name}[{index}]", expected[index], found[index]
    raise WeightsError(f"{where}: field {name}: expected {expected!r}, found {found!r}")
