"""Variants of the task: what is laid over which file, by which name, and what is refused."""

import pytest

from inhand_core.config import ConfigError, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_core.task import Choice, Tasks, load_task, load_tasks


def test_published_is_what_the_files_say():
    task = load_task()
    assert task.name == f"published/{load_tasks().version}" and not task.choices
    for file in ("randomization", "training_sim", "sim", "graph"):
        assert task.over(file, read_yaml(config_file(file))) == read_yaml(config_file(file))


def test_as_before_has_every_choice():
    task = load_task("as_before")
    assert task.choices == tuple(load_tasks().choices) and task.name.startswith("as_before/")
    assert load_task(",".join(reversed(task.choices))).name == task.name


@pytest.mark.parametrize("name", list(load_tasks().choices))
def test_a_choice_changes_values_that_are_there(name):
    """Every key exists in the file, with another value: a change that does nothing would be measured as one."""
    task = load_task(name)
    assert task.name == f"{name}/{load_tasks().version}" and load_tasks().choices[name].says

    def compare(base, change, where):
        if not isinstance(change, dict):
            assert base != change, where
            return
        for key, value in change.items():
            assert isinstance(base, dict), where
            assert key in base or key == "input_links", f"{where}.{key}"
            compare(base.get(key), value, f"{where}.{key}")

    for file, change in task.changes.items():
        compare(read_yaml(config_file(file)), change, file)


def test_noise_moves_behind_the_smoothing():
    for profile in ("realtime", "training"):
        graph = load_graph(profile, task="noise_after_smoothing")
        assert [link.section for link in graph.topics["hand/action"].links] == [
            "action_noise",
            "action_delay",
            "backlash",
        ]
        assert not graph.component("smoother").input_links["action"]


@pytest.mark.parametrize("selection", ["yesterday", "one_friction,yesterday"])
def test_unknown_name_is_refused(selection):
    with pytest.raises(ConfigError, match=r"unknown task \['yesterday'\]; known .*'published', .*'one_friction'"):
        load_graph("training", task=selection)


def test_a_variant_of_unknown_choices_is_refused():
    with pytest.raises(ConfigError, match=r"variant 'x': unknown choices \['b'\]; known \['a'\]"):
        Tasks(1, {"a": Choice("", {})}, {"x": ("a", "b")})
