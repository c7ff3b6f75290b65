"""config/graph.yaml agrees with the code: components exist, nodes are installed, ports and messages fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.processes import executable

from inhand_core.config import ConfigError, merge, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_core.ports import find_ports, resolve_class
from inhand_core.signals import SIGNALS
from inhand_ros.codecs import FRAMES
from inhand_ros.messages import message_class

PROFILES = tuple(read_yaml(config_file("graph"))["profiles"])


@pytest.mark.parametrize("profile", PROFILES)
def test_components_and_configurations_exist(profile: str) -> None:
    for component in load_graph(profile).components:
        assert resolve_class(component.component).Config
        assert component.config is None or config_file(component.config).is_file(), component.name


@pytest.mark.parametrize("profile", PROFILES)
def test_ports_are_those_of_the_classes(profile: str) -> None:
    """A package's `ports` module, which is read when a graph is loaded, says what its classes say."""
    for component in load_graph(profile).components:
        assert find_ports(component.component) == resolve_class(component.component).ports(), component.name


@pytest.mark.parametrize(
    ("component", "change", "words"),
    [
        ("policy", {"inputs": {"object_poze": "object/pose"}}, ["['object_poze']", "'object_pose'"]),
        ("policy", {"inputs": {"goal": None}}, ["['goal']", "not wired"]),
        ("tracker", {"outputs": {"fingertipz": "fingertips", "fingertips": None}}, ["['fingertipz']", "'fingertips'"]),
        ("tracker", {"inputs": {"trial": "object/pose"}}, ["'trial' is Trial", "ObjectPose", "['trial']"]),
        ("smoother", {"inputs": {"action": "policy/actions"}}, ["['policy/actions']", "'policy/action'"]),
    ],
)
@pytest.mark.parametrize("profile", ["realtime", "training"])
def test_a_graph_that_does_not_fit_its_components_is_refused(profile, component, change, words, tmp_path) -> None:
    raw = read_yaml(config_file("graph"))
    entry = merge(raw["profiles"][profile]["components"][component], change)
    for wires in (entry["inputs"], entry["outputs"]):
        for port in [port for port, topic in wires.items() if topic is None]:
            del wires[port]
    raw["profiles"][profile]["components"][component] = entry
    (tmp_path / "graph.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    with pytest.raises(ConfigError) as error:
        load_graph(profile, tmp_path / "graph.yaml")
    assert all(word in str(error.value) for word in (profile, component, *words)), str(error.value)


def test_every_component_has_an_executable_node() -> None:
    for component in (entry for profile in PROFILES for entry in load_graph(profile).components):
        assert Path(executable(component.node)).is_file(), component.node


@pytest.mark.parametrize("profile", PROFILES)
def test_messages_carry_the_signals_of_their_topics(profile: str) -> None:
    for name, topic in load_graph(profile).topics.items():
        assert hasattr(message_class(topic.message)(), "header"), name
        assert SIGNALS[topic.signal] in FRAMES, name


def test_both_profiles_share_topics_and_components() -> None:
    realtime, training = load_graph("realtime"), load_graph("training")
    assert set(training.topics) <= set(realtime.topics)
    for name in ("tracker", "goal", "policy", "smoother"):
        ours, theirs = realtime.component(name), training.component(name)
        assert (ours.component, ours.config, ours.inputs) == (theirs.component, theirs.config, theirs.inputs), name
