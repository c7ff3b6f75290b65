"""Switches of the launch files mean the same in every spelling, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from support.processes import executable

from inhand_core.paths import resource_root
from ros2_lite.launch.errors import LaunchError
from ros2_lite.launch.evaluate import evaluate
from ros2_lite.launch.process_spec import ProcessSpec

TRUE, FALSE = ("true", "True", "TRUE", "1", "yes"), ("false", "False", "FALSE", "0", "no")
FILES = ("sim.launch.xml", "robot.launch.xml")


def started(file: str, **arguments: str) -> dict[str, ProcessSpec]:
    """Processes of a launch file by name, without starting them."""
    items = evaluate(resource_root() / "launch" / file, arguments)
    return {item.name: item for item in items if isinstance(item, ProcessSpec)}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("record", [*TRUE, *FALSE])
def test_record_starts_a_recorder_in_every_spelling_of_true(file: str, record: str) -> None:
    assert executable("inhand_ros/recorder_node")
    assert ("recorder_node" in started(file, record=record, console="false")) == (record in TRUE)


@pytest.mark.parametrize("console", [*TRUE, *FALSE])
def test_the_page_brings_an_idle_recorder(console: str) -> None:
    found = started("sim.launch.xml", record="no", console=console)
    assert ("console_node" in found) == ("recorder_node" in found) == (console in TRUE)


@pytest.mark.parametrize("name", ["record", "console", "deterministic", "locked_wrist"])
@pytest.mark.parametrize("value", ["maybe", "", "2", "tru", "'"])
def test_another_word_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(LaunchError, match=name):
        started("sim.launch.xml", **{name: value})
