"""Weights files: round trip, and every mismatch refused by name."""

import dataclasses
import json

import numpy as np
import pytest
import safetensors.numpy
import torch

from inhand_core.config import to_mapping
from inhand_policy.commands import init, show
from inhand_policy.export import export_weights, import_network, initial_weights
from inhand_policy.network import NetworkSizes
from inhand_policy.weights import (
    NetworkInfo,
    SmoothingInfo,
    TrainingInfo,
    WeightsError,
    check_deployment,
    check_weights,
    load_metadata,
    load_weights,
    save_weights,
)

SMALL = NetworkSizes(16, 8)


def changed(weights, **changes):
    return dataclasses.replace(weights, metadata=dataclasses.replace(weights.metadata, **changes))


def test_round_trip_keeps_every_number_and_field(tmp_path):
    weights = initial_weights(5, sizes=SMALL)
    save_weights(tmp_path / "w.safetensors", weights)
    loaded = load_weights(tmp_path / "w.safetensors")
    assert loaded.metadata == weights.metadata == load_metadata(tmp_path / "w.safetensors")
    assert loaded.random and loaded.source.endswith("w.safetensors")
    assert set(loaded.tensors) == set(weights.tensors)
    for name, tensor in weights.tensors.items():
        assert loaded.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(loaded.tensors[name], tensor)
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_import_and_export_give_the_same_network_and_its_statistics():
    network = import_network(initial_weights(5, sizes=SMALL))
    network.normalizer.update(torch.randn(50, 22))
    training = TrainingInfo("recipe", "abc", 1, random=False)
    again = import_network(
        export_weights(network, ("fingertip_positions", "object_position", "target_orientation"), training)
    )
    for name, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)


def test_seed_decides_the_numbers_and_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    one, same, other = (initial_weights(seed, sizes=SMALL).tensors["trunk.dense.weight"] for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert np.array_equal(one, same) and not np.array_equal(one, other)


SWAPPED = ("rh_WRJ1", "rh_WRJ2")


@pytest.mark.parametrize(
    ("field", "change", "message"),
    [
        ("joints", lambda m: SWAPPED + m.joints[2:], r"field joints\[0\]: expected 'rh_WRJ2', found 'rh_WRJ1'"),
        ("joints", lambda m: m.joints[:-1], "field joints: expected"),
        ("actuators", lambda m: SWAPPED + m.actuators[2:], r"field actuators\[0\]: expected 'rh_WRJ2'"),
        ("action", lambda m: dataclasses.replace(m.action, bins=9), "field action.bins: expected 11, found 9"),
        ("observation", lambda m: ("fingertips",), r"field observation: unknown observation \['fingertips'\]; known"),
        ("observation", lambda m: ("object_position",), "field network.inputs: expected 3, found 22"),
        ("network", lambda m: NetworkInfo(22, 16, 9, "lstm"), r"tensor trunk.input_gates.weight: expected \(36, 16\)"),
        (
            "network",
            lambda m: NetworkInfo(22, 16, 8, "x"),
            r"network.memory: unknown network 'x'; known .*'lstm'",
        ),
        ("network", lambda m: NetworkInfo(22, 16, 8, "lstm", 7), "field network.outputs: expected 220, found 7"),
    ],
)
def test_mismatch_names_field_expected_and_found(field, change, message):
    weights = initial_weights(5, sizes=SMALL)
    bad = changed(weights, **{field: change(weights.metadata)})
    with pytest.raises(WeightsError, match=message):
        check_weights(bad, "w")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "expected a mapping"),
        ("null", "expected a mapping"),
        ("1e999", "no number"),
        ("[" * 100_000 + "]" * 100_000, "levels deep"),
        (lambda m: m | {"clip": float("nan")}, "clip is no number"),
        (lambda m: m | {"clip": -5.0}, r"clip must be in \(0, 100\], is -5"),
        (lambda m: m | {"clip": 1e300}, "clip must be in"),
        (lambda m: m | {"rate_hz": 0.0}, "rate_hz must be > 0"),
        (lambda m: m | {"network": m["network"] | {"lstm": -1}}, "network.lstm must be >= 1"),
        (lambda m: m | {"network": m["network"] | {"lstm": "512"}}, "network.lstm: expected int"),
        (lambda m: m | {"training": m["training"] | {"random": "false"}}, "training.random: expected bool"),
        (lambda m: m | {"training": m["training"] | {"object": "../../etc/passwd"}}, "training.object"),
        (lambda m: m | {"training": m["training"] | {"recipe": "\x1b[2Jx\n[INFO] fine"}}, "training.recipe"),
        (lambda m: json.dumps(m)[:-1] + ', "clip": 1e9}', "'clip'.*twice"),
    ],
)
def test_metadata_that_cannot_be_meant_is_one_error_that_names_file_and_field(tmp_path, text, message):
    weights = initial_weights(5, sizes=SMALL)
    if callable(text):
        changed_text = text(to_mapping(weights.metadata))
        text = changed_text if isinstance(changed_text, str) else json.dumps(changed_text)
    safetensors.numpy.save_file(weights.tensors, tmp_path / "bad.safetensors", {"inhand_policy": text})
    with pytest.raises(WeightsError, match=message) as error:
        load_weights(tmp_path / "bad.safetensors")
    assert "bad.safetensors" in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("trunk.normalizer.variance", lambda t: -t, "expected numbers > 0, found -1"),
        ("trunk.normalizer.variance", lambda t: 0 * t, "expected numbers > 0, found 0"),
        ("trunk.normalizer.count", lambda t: t - 1, "expected numbers >= 0, found -1"),
        ("trunk.dense.weight", lambda t: t + np.float32(3e38), "within ±10000"),
        ("head.bias", lambda t: t.astype(np.int8), "expected float32, found int8"),
        ("head.bias", lambda t: t.astype(np.float64), "expected float32, found float64"),
        ("trunk.normalizer.mean", lambda t: t.astype(np.float32), "expected float64, found float32"),
    ],
)
def test_numbers_that_no_training_gives_are_refused(name, change, message):
    weights = initial_weights(5, sizes=SMALL)
    tensors = {**weights.tensors, name: change(weights.tensors[name])}
    with pytest.raises(WeightsError, match=f"tensor {name}: .*{message}"):
        check_weights(dataclasses.replace(weights, tensors=tensors), "w")


def test_surplus_missing_and_broken_tensors_are_refused():
    weights = initial_weights(5, sizes=SMALL)
    surplus = dataclasses.replace(weights, tensors={**weights.tensors, "extra": np.zeros(3)})
    with pytest.raises(WeightsError, match="extra"):
        check_weights(surplus, "w")
    missing = {name: tensor for name, tensor in weights.tensors.items() if name != "head.bias"}
    with pytest.raises(WeightsError, match=r"tensor head.bias: expected \(220,\), found None"):
        check_weights(dataclasses.replace(weights, tensors=missing), "w")
    broken = {**weights.tensors, "head.bias": np.full(220, np.nan, np.float32)}
    with pytest.raises(WeightsError, match=r"head.bias.*NaN"):
        check_weights(dataclasses.replace(weights, tensors=broken), "w")


def test_deployment_must_have_the_trainings_rate_and_smoothing():
    weights = initial_weights(5, sizes=SMALL)
    weights = changed(weights, smoothing=SmoothingInfo(0.3, 0.08, "new"))
    smoothing = {"coefficient": 0.3, "period_s": 0.08, "weights": "new"}
    check_deployment(weights, smoothing, 12.5)
    with pytest.raises(WeightsError, match=r"rate_hz: expected 25.0, found 12.5"):
        check_deployment(weights, smoothing, 25.0)
    other = changed(weights, smoothing=SmoothingInfo(0.3, 0.08, "previous"))
    with pytest.raises(WeightsError, match=r"smoothing.weights: expected 'new', found 'previous'"):
        check_deployment(other, smoothing, 12.5)


def test_files_that_are_no_policies_are_refused(tmp_path):
    good = tmp_path / "good.safetensors"
    save_weights(good, initial_weights(5, sizes=SMALL))
    with pytest.raises(WeightsError, match=r"no such file.*good.safetensors"):
        load_weights(tmp_path / "gone.safetensors")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(WeightsError, match="no safetensors file"):
        load_weights(tmp_path / "text")
    safetensors.numpy.save_file({"a": np.zeros(2)}, tmp_path / "other")
    with pytest.raises(WeightsError, match="'inhand_policy' of the metadata"):
        load_weights(tmp_path / "other")
    safetensors.numpy.save_file({"a": np.zeros(2)}, tmp_path / "old", {"inhand_policy": '{"format": "inhand-policy"}'})
    with pytest.raises(WeightsError, match="field version: expected 1, found None"):
        load_weights(tmp_path / "old")


def test_command_line_writes_random_weights_and_says_so(tmp_path, capsys):
    out = tmp_path / "r.safetensors"
    init(out, seed=3, dense=16, lstm=8)
    assert "RANDOM, UNTRAINED weights, seed 3" in capsys.readouterr().out
    show(out)
    shown = capsys.readouterr().out
    assert '"seed": 3' in shown and "RANDOM, UNTRAINED" in shown
