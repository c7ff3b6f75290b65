"""config/graph.yaml agrees with the code: components exist, nodes are installed, ports and messages fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.processes import executable

from inhand_core.graph import load_graph
from inhand_core.graph_spec import resolve_class
from inhand_core.paths import config_file
from inhand_core.signals import SIGNALS
from inhand_ros.codecs import FRAMES
from inhand_ros.messages import message_class

PROFILES = ("realtime", "training")


@pytest.mark.parametrize("profile", PROFILES)
def test_components_and_configurations_exist(profile: str) -> None:
    for component in load_graph(profile).components:
        assert resolve_class(component.component).Config
        assert component.config is None or config_file(component.config).is_file(), component.name


def test_every_component_has_an_executable_node() -> None:
    for component in load_graph("realtime").components:
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
