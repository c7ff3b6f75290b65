"""The pages "add a sensor", "add a randomisation", "add a policy architecture" and "add an object", as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from tiny import STARTS, tiny

from inhand_core.config import ConfigError, read_yaml
from inhand_core.graph import InProcessGraph
from inhand_core.graph_spec import load_graph
from inhand_core.paths import resource_root
from inhand_core.signals import SIGNALS
from inhand_description.objects import OBJECTS
from inhand_eval.trials import Protocol, run_trials
from inhand_policy.architectures import NetworkSizes
from inhand_policy.export import initial_weights
from inhand_policy.inference import PolicyInference
from inhand_policy.network import PolicyNetwork
from inhand_policy.observation import observation_size
from inhand_policy.onnx_model import export_onnx
from inhand_policy.weights import load_metadata, save_weights
from inhand_training.config import load_training
from inhand_training.export import export_run
from inhand_training.run import train

ROOT = Path(__file__).resolve().parents[3]
SENSED = ("fingertip_positions", "object_position", "relative_target_orientation", "palm_sensor:PROXIMITY")
SMALL = {"sim": {"start_states": STARTS}}


@pytest.fixture(autouse=True)
def examples(monkeypatch):
    """The examples importable, as the pages say; signals that they add are forgotten again."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    known = dict(SIGNALS)
    yield
    SIGNALS.clear()
    SIGNALS.update(known)


def fences(page: str, language: str = "yaml") -> list[str]:
    """The fenced blocks of a page."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A function that lays mappings over config files in a copy of the project's files, which is then in force."""
    root = tmp_path / "project"
    (root / "config").mkdir(parents=True)
    for name in ("weights", "urdf"):
        (root / name).symlink_to(ROOT / name)
    for path in (ROOT / "config").iterdir():
        (root / "config" / path.name).symlink_to(path)

    def lay_over(**changes):
        for name, change in changes.items():
            path = root / f"config/{name}.yaml"
            raw = joined(read_yaml(path), change)
            path.unlink()
            path.write_text(yaml.safe_dump(raw, sort_keys=False))
        monkeypatch.setenv("INHAND_ROOT", str(root))

    return lay_over


def joined(old, change):
    """Mappings merged and lists joined, as somebody who edits the file does; a new component comes before policy."""
    if isinstance(old, list):
        return old + change
    if not isinstance(old, dict):
        return change
    new = {key: joined(value, change[key]) if key in change else value for key, value in old.items()}
    for key in change.keys() - old.keys():
        if "policy" in new:
            items = list(new.items())
            place = [name for name, _ in items].index("policy")
            new = dict([*items[:place], (key, change[key]), *items[place:]])
        else:
            new[key] = change[key]
    return new


def wire_sensor(project):
    wiring, recipe = fences("add-a-sensor.md")
    project(graph=yaml.safe_load(wiring))
    return yaml.safe_load(recipe)["policy"]


def test_the_sensor_of_the_page_is_trained_on_and_run(project, tmp_path):
    seen = wire_sensor(project)
    assert tuple(seen) == SENSED
    raw = read_yaml(resource_root() / "config/training/study.yaml")
    raw["phases"][0]["env"]["policy"] = seen
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(raw))
    training, path = tiny(tmp_path / "own.yaml"), tmp_path / "policy.safetensors"
    train(training, tmp_path / "run")
    assert export_run(training, tmp_path / "run", "own.yaml", path)
    assert load_metadata(path).observation == SENSED
    found = run_trials(Protocol(str(path), 2, "none", "block", 0.8, 50, 0, True, 1, False, SMALL))
    assert len(found.goals) == 2


def test_the_sensor_measures_and_the_policy_waits_for_it(project, tmp_path):
    weights = initial_weights(0, SENSED, NetworkSizes(16, 16))
    save_weights(tmp_path / "w.safetensors", weights)
    assert observation_size(SENSED) == observation_size(SENSED[:3]) + 1
    wire_sensor(project)
    overrides = {"policy": {"weights": str(tmp_path / "w.safetensors")}, "sim": {**SMALL["sim"], "threads": 1}}
    graph = InProcessGraph(load_graph("training"), 3, 0, "none", overrides)
    graph.start()
    for _ in range(6):
        graph.step()
    pose, reading = graph.latest["object/pose"], graph.latest["palm/range"]
    from palm_sensor import PALM

    np.testing.assert_allclose(reading.range, np.linalg.norm(pose.position - PALM, axis=1), atol=0.01)
    policy = graph.component("policy")
    assert policy.observation.shape == (3, observation_size(SENSED)) and (policy.state.stale < 3).all()
    np.testing.assert_allclose(policy.observation[:, -1], reading.range, atol=0.02)


def test_what_is_wired_wrongly_is_named(project):
    wiring, _ = fences("add-a-sensor.md")
    wrong = yaml.safe_load(
        wiring.replace("proximity: palm/range}\n      policy", "proximitty: palm/range}\n      policy")
    )
    project(graph=wrong)
    with pytest.raises(ConfigError, match=r"component 'palm': unknown outputs \['proximitty'\]; known \['proximity'\]"):
        load_graph("training")


def test_an_observation_that_the_graph_does_not_wire_is_named(tmp_path):
    raw = read_yaml(resource_root() / "config/training/study.yaml")
    raw["phases"][0]["env"]["policy"] = list(SENSED)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(ConfigError, match=r"needs ports \['proximity'\], which the graph does not wire"):
        train(tiny(tmp_path / "own.yaml"), tmp_path / "run")
    raw["phases"][0]["env"]["policy"] = ["palm_sensor:PALM"]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(ConfigError, match="'palm_sensor:PALM' is no Block"):
        load_training(tmp_path / "own.yaml")


def test_the_sensor_has_a_message(monkeypatch):
    codecs = pytest.importorskip("inhand_ros.codecs")
    from palm_sensor import Proximity

    message = codecs.encode(Proximity(np.array([0.125])), 1_500_000_000, 3, codecs.Labels())
    assert type(message).__name__ == "Range" and message.header.frame_id == "hand_base"
    assert (message.header.stamp.sec, message.range) == (1, 0.125)
    SIGNALS["Proximity"] = Proximity
    assert codecs.decode(message).range == [0.125]


def test_the_randomisation_of_the_page_loses_actions(project):
    sections, wiring = map(yaml.safe_load, fences("add-a-randomisation.md"))
    project(randomization=sections, graph=wiring)
    spec, overrides = load_graph("training"), {"sim": {**SMALL["sim"], "threads": 1}}
    links = [link.component for link in spec.topics["hand/action"].links]
    assert links[-1] == "lost_actions:LostActions" and len(links) == 3
    graph = InProcessGraph(spec, 4, 0, "unmodeled", overrides)
    (link,) = [link for link in graph.runners["smoother"].output_links.links() if type(link).__name__ == "LostActions"]
    before = InProcessGraph(spec, 4, 0, "none", overrides)
    assert not list(before.runners["smoother"].output_links.links())
    from inhand_core.signals import HandAction

    count, lost = 500, 0
    link.reset(np.ones(4, bool))
    for number in range(1, count + 1):
        action = np.full((4, 20), number / count)
        given = link.apply(HandAction(action, np.zeros((4, 20), int), np.zeros(4, int)), 0.08).action
        lost += int((given != action).all(axis=1).sum())
    assert abs(lost / (4 * count) - 0.2) < 0.03


def test_the_network_of_the_page_is_trained_exported_and_run(tmp_path):
    name = re.search(r"--memory (\S+)", fences("add-an-architecture.md", "bash")[0])[1]
    sizes, generator = NetworkSizes(24, 16, name), torch.Generator().manual_seed(3)
    network = PolicyNetwork(9, sizes)
    observation, starts = torch.randn(8, 3, 9, generator=generator), torch.rand(8, 3, generator=generator) < 0.3
    memory = network.initial_memory(3)
    outputs, _ = network.sequence(observation, memory, starts)
    for t in range(8):
        memory = tuple(torch.where(starts[t][:, None], 0.0, part) for part in memory)
        output, memory = network.step(observation[t], memory)
        torch.testing.assert_close(output, outputs[t], atol=1e-5, rtol=1e-5)
    weights = initial_weights(4, sizes=sizes)
    export_onnx(weights, tmp_path / "elman.onnx")  # compares 50 steps of ONNX and NumPy
    fast, torchs = PolicyInference(weights), PolicyNetwork(22, sizes)
    torchs.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in weights.tensors.items()})
    kept, reference = fast.initial_memory(2), torchs.initial_memory(2)
    for _ in range(5):
        seen = torch.randn(2, 22, generator=generator)
        logits, kept = fast.step(seen.numpy(), kept)
        with torch.no_grad():
            expected, reference = torchs.step(seen, reference)
        np.testing.assert_allclose(logits, expected.numpy(), atol=1e-5)
    raw = read_yaml(resource_root() / "config/training/study.yaml")
    for part in ("actor", "critic"):
        raw["phases"][0][part] |= {"dense": [24], "lstm": 16, "memory": name}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(raw))
    training, path = tiny(tmp_path / "own.yaml"), tmp_path / "policy.safetensors"
    train(training, tmp_path / "run")
    assert export_run(training, tmp_path / "run", "own.yaml", path)
    assert load_metadata(path).network.memory == name
    assert len(run_trials(Protocol(str(path), 2, "none", "block", 0.8, 50, 0, True, 1, False, SMALL)).goals) == 2


def test_the_object_of_the_page_is_one(tmp_path):
    (text,) = fences("objects.md")
    path = tmp_path / "brick.yaml"
    path.write_text(text)
    thing = OBJECTS[str(path)]
    assert [piece.kind for piece in thing.pieces] == ["box", "cylinder"] and len(thing.markers) == 8
    assert thing.mass == pytest.approx(0.06)
