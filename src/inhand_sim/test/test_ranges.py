"""Every entry of randomization.yaml: bounds, spread, units and sources, and the groups of the paper's ablation."""

import dataclasses

import numpy as np
import pytest

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_core.random import RowRandom, row_seeds
from inhand_sim.links.actions import MotorValues
from inhand_sim.ranges import Normal, PhysicsRanges, Range, Value, load_world_ranges, sections_on

RAW = read_yaml(config_file("randomization"))
N = 10_000


def entries():
    """All numbers of the file, as pytest parameters."""
    for section, content in RAW.items():
        if section == "groups":
            continue
        for name, entry in content.items():
            if isinstance(entry, dict):
                kinds = {"values": MotorValues, "value": Value, "std": Normal}
                cls = next((kinds[key] for key in kinds if key in entry), Range)
                yield pytest.param(load_config(cls, entry, f"{section}.{name}"), id=f"{section}.{name}")


def draw(entry, shape=()):
    return entry.draw(RowRandom(row_seeds(3, N), "test"), shape, np.arange(N))


@pytest.mark.parametrize("entry", list(entries()))
def test_has_a_unit_and_a_source(entry):
    assert entry.unit and entry.source


@pytest.mark.parametrize("entry", [e for e in entries() if isinstance(e.values[0], Range)])
def test_range_is_filled_to_both_ends(entry):
    values = draw(entry)
    assert values.min() >= entry.lo and values.max() <= entry.hi
    x = np.log(values) if entry.log else values
    lo, hi = (np.log(entry.lo), np.log(entry.hi)) if entry.log else (entry.lo, entry.hi)
    assert x.min() < lo + 0.01 * (hi - lo) and x.max() > hi - 0.01 * (hi - lo)
    assert abs(x.mean() - 0.5 * (lo + hi)) < 0.02 * (hi - lo)


@pytest.mark.parametrize("entry", [e for e in entries() if isinstance(e.values[0], Normal)])
def test_normal_has_its_spread(entry):
    values = draw(entry)
    assert abs(values.std() / entry.std - 1.0) < 0.03
    assert abs(values.mean()) < 0.04 * entry.std


def test_table_1_as_printed():
    physics = load_world_ranges().physics
    printed = {
        "object_size": (0.95, 1.05, False),
        "mass": (0.5, 1.5, False),
        "friction": (0.7, 1.3, False),
        "joint_damping": (0.3, 3.0, True),
        "actuator_gain": (0.75, 1.5, True),
    }
    assert {k: (getattr(physics, k).lo, getattr(physics, k).hi, getattr(physics, k).log) for k in printed} == printed
    assert (physics.joint_limit.std, physics.gravity.std) == (0.15, 0.4)


def test_every_section_is_in_one_group():
    grouped = [section for sections in RAW["groups"].values() for section in sections]
    assert sorted(grouped) == sorted(set(RAW) - {"groups"})


@pytest.mark.parametrize("profile", ["realtime", "training"])
def test_links_of_the_graph_are_in_the_group_that_the_file_says(profile):
    graph = load_graph(profile)
    chains = [topic.links for topic in graph.topics.values()]
    chains += [links for component in graph.components for links in component.input_links.values()]
    chains += [chain for component in graph.components for chain in component.input_links.values()]
    links = [link for chain in chains for link in chain]
    assert {link.section for link in links} == {
        "marker_noise",
        "marker_loss",
        "object_pose_noise",
        "action_noise",
        "action_delay",
        "backlash",
    }
    for link in links:
        assert link.section in RAW["groups"][link.group]


def test_groups_select_sections():
    assert sections_on(()) == frozenset()
    assert sections_on(("physics",)) == {"physics"}
    with pytest.raises(ConfigError, match=r"unknown randomization group \['physic'\]; known .*'physics'"):
        sections_on(("physic",))


@pytest.mark.parametrize("entry", [{"lo": 2.0, "hi": 1.0}, {"lo": 0.0, "hi": 1.0, "log": True}])
def test_impossible_range_is_refused(entry):
    with pytest.raises(ConfigError):
        load_config(Range, {**entry, "unit": "m", "source": "test"})


def test_unknown_key_is_named():
    with pytest.raises(ConfigError, match=r"unknown \['masss'\]; known .*'mass'"):
        load_config(PhysicsRanges, {**RAW["physics"], "masss": 1})


def test_world_ranges_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_world_ranges().physics.min_joint_span = 1.0
