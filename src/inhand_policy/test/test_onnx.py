"""Policies as ONNX files: the same numbers, the memory in the open, the metadata kept, run by the component."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import policy_inputs
from test_runner import act, runner

from inhand_policy.architectures import NetworkSizes
from inhand_policy.commands import export, show
from inhand_policy.export import initial_weights
from inhand_policy.inference import PolicyInference, load_inference
from inhand_policy.onnx_model import compare, export_onnx
from inhand_policy.weights import PolicyWeights, WeightsError, load_metadata, load_weights, save_weights


def lively(memory: str) -> PolicyWeights:
    """Weights whose memory and statistics matter, of a small network."""
    weights = initial_weights(4, sizes=NetworkSizes(32, 24, memory))
    random = np.random.default_rng(3)
    for name, tensor in weights.tensors.items():
        if "normalizer" not in name:
            weights.tensors[name] = (0.4 * random.normal(size=tensor.shape)).astype(np.float32)
    weights.tensors["trunk.normalizer.mean"] = random.normal(size=22)
    weights.tensors["trunk.normalizer.variance"] = random.uniform(0.1, 4.0, 22)
    return weights


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The ONNX file of each architecture's lively weights."""
    folder = tmp_path_factory.mktemp("onnx")
    made = {}
    for memory in ("lstm", "gru", "feedforward"):
        made[memory] = folder / f"{memory}.onnx"
        assert export_onnx(lively(memory), made[memory]) <= 1e-5
    return made


@pytest.mark.parametrize(("memory", "parts"), [("lstm", ["hidden", "cell"]), ("gru", ["hidden"]), ("feedforward", [])])
def test_any_runtime_can_step_it_with_the_memory_in_the_open(files, memory, parts):
    session = onnxruntime.InferenceSession(files[memory], providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == ["observation", *parts]
    assert [entry.name for entry in session.get_outputs()] == ["logits", *(f"next_{part}" for part in parts)]
    ours, random = PolicyInference(lively(memory)), np.random.default_rng(0)
    state, theirs = ours.initial_memory(3), [np.zeros((3, 24), np.float32) for _ in parts]
    for _ in range(20):
        seen = random.normal(size=(3, 22)).astype(np.float32)
        expected, state = ours.step(seen.astype(np.float64), state)
        logits, *theirs = session.run(None, {"observation": seen, **dict(zip(parts, theirs))})
        assert logits.shape == (3, 20, 11)
        np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert not parts or np.abs(theirs[0]).max() > 0.1


def test_the_metadata_is_kept_and_the_file_is_a_weights_file(files, capsys):
    weights = lively("lstm")
    loaded = load_weights(files["lstm"])
    assert loaded.metadata == load_metadata(files["lstm"]) == weights.metadata and loaded.random
    props = {entry.key: entry.value for entry in onnx.load(files["lstm"]).metadata_props}
    assert json.loads(props["inhand_policy"])["network"]["memory"] == "lstm"
    show(files["lstm"])
    assert "UNTRAINED" in capsys.readouterr().out


@pytest.mark.parametrize("row_by_row", [False, True])
def test_the_policy_component_acts_alike_on_both_files(files, rng, row_by_row):
    both = lively("lstm"), load_weights(files["lstm"])
    components = [runner(weights, 2, row_by_row=row_by_row) for weights in both]
    for _ in range(10):
        inputs = policy_inputs(2, rng)
        one, other = (act(component, inputs) for component in components)
        np.testing.assert_array_equal(one.bins, other.bins)
        np.testing.assert_allclose(*(component.logits for component in components), atol=1e-5)
    for component in components:
        component.reset(np.array([True, False]))
    hidden = components[1].state.memory["hidden"]
    assert not hidden[0].any() and hidden[1].any()


def test_a_model_that_differs_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setattr("inhand_policy.onnx_model.compare", lambda *_: 2e-5)
    with pytest.raises(WeightsError, match="differs from .* by 2e-05"):
        export_onnx(lively("feedforward"), tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_the_comparison_sees_a_wrong_number(files):
    weights = lively("gru")
    head = weights.tensors["head.bias"] + np.float32(1e-3)
    wrong = dataclasses.replace(weights, tensors={**weights.tensors, "head.bias": head})
    assert compare(wrong, files["gru"].read_bytes()) == pytest.approx(1e-3, rel=0.1)


def test_files_that_are_no_policies_are_refused(files, tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"hello")
    with pytest.raises(WeightsError, match=r"broken\.onnx: no ONNX model"):
        load_weights(broken)
    model = onnx.load(files["gru"])
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    with pytest.raises(WeightsError, match="'inhand_policy' of the metadata"):
        load_weights(tmp_path / "bare.onnx")
    model = onnx.load(files["gru"])
    model.graph.output[1].name = model.graph.node[-1].output[0] if False else model.graph.output[1].name
    renamed = onnx.compose.add_prefix(onnx.load(files["gru"]), "x_")
    onnx.save(renamed, tmp_path / "renamed.onnx")
    with pytest.raises(WeightsError, match=r"inputs: expected .*'observation'"):
        load_inference(load_weights(tmp_path / "renamed.onnx"))


def test_the_command_line_says_how_near_it_is(tmp_path, capsys):
    save_weights(tmp_path / "w.safetensors", lively("lstm"))
    export(tmp_path / "w.safetensors", tmp_path / "w.onnx")
    assert "logits within" in capsys.readouterr().out and (tmp_path / "w.onnx").is_file()
    torch.set_num_threads(1)
