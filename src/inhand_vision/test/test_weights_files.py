"""Weights files of estimators: what cannot be meant is one error that names file and field."""

import json

import pytest
import safetensors.torch
import torch

from inhand_core.config import to_mapping
from inhand_vision.images import load_image_config
from inhand_vision.weights import VisionMetadata, VisionWeightsError, build_network, load_vision, save_vision

METADATA = VisionMetadata("keypoints", "block", load_image_config(), 4)


@pytest.fixture(scope="module")
def network():
    return build_network(METADATA)


def test_a_file_comes_back_as_it_was(tmp_path, network):
    save_vision(tmp_path / "v.safetensors", METADATA, network)
    metadata, again = load_vision(tmp_path / "v.safetensors")
    assert metadata == METADATA and not again.training
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in network.state_dict().items())
    assert [path.name for path in tmp_path.iterdir()] == ["v.safetensors"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: "{", "not JSON"),
        (lambda m: "[1]", "expected a mapping"),
        (lambda m: m | {"width": 10**9}, r"width must be in \[0, 1024\]"),
        (lambda m: m | {"images": {"crop": 400, "size": 0}}, "size must be in"),
        (lambda m: m | {"training": {"loss": float("nan")}}, "training.loss is no number"),
        (lambda m: json.dumps(m)[:-1] + ', "width": 5}', "'width'.*twice"),
    ],
)
def test_metadata_is_refused_by_file_and_field(tmp_path, network, change, message):
    raw = change(to_mapping(METADATA))
    text = raw if isinstance(raw, str) else json.dumps(raw)
    safetensors.torch.save_file(network.state_dict(), tmp_path / "bad.safetensors", {"inhand_vision": text})
    with pytest.raises(VisionWeightsError, match=message) as error:
        load_vision(tmp_path / "bad.safetensors")
    assert "bad.safetensors" in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("head.weight", float("nan"), "finite"), ("stem.0.1.running_var", -1.0, "expected numbers >= 0, found -1")],
)
def test_numbers_are_refused_by_tensor(tmp_path, network, name, value, message):
    tensors = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    tensors[name].fill_(value)
    text = json.dumps(to_mapping(METADATA))
    safetensors.torch.save_file(tensors, tmp_path / "bad.safetensors", {"inhand_vision": text})
    with pytest.raises(VisionWeightsError, match=f"bad.safetensors: tensor {name}: .*{message}"):
        load_vision(tmp_path / "bad.safetensors")
