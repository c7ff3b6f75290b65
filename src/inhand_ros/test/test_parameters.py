"""Configuration fields as ROS parameters: described, read-only, bounded, refused when unknown."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated

import pytest
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.comments import file_comments
from inhand_core.config import ConfigError
from inhand_core.graph import load_graph
from inhand_core.ranges import Range
from inhand_ros.parameters import check_parameters, component_overrides, declare, declare_config
from inhand_ros.shared_parameters import for_several_nodes

GOAL = load_graph("realtime").component("goal")


def node(**parameters):
    """A node that was given parameters on its command line."""
    return Node("n", parameter_overrides=[Parameter(name, value=value) for name, value in parameters.items()])


def test_fields_of_the_configuration_become_described_read_only_parameters(ros):
    n = node()
    overrides = component_overrides(n, GOAL)
    assert overrides["timeout_s"] == n.get_parameter("timeout_s").value > 0
    descriptor = n.describe_parameter("timeout_s")
    assert descriptor.read_only
    assert len(descriptor.description) > 20, "the comment in goal.yaml"
    result = n.set_parameters([Parameter("timeout_s", value=3.0)])[0]
    assert not result.successful


def test_a_given_value_reaches_the_configuration_and_an_integer_serves_as_a_float(ros):
    assert component_overrides(node(timeout_s=80), GOAL)["timeout_s"] == 80.0


def test_a_value_of_another_type_is_refused(ros):
    with pytest.raises(Exception, match="timeout_s"):
        component_overrides(node(timeout_s="soon"), GOAL)


def test_bounds_hold(ros):
    assert declare(node(x=2.0), "x", 1.0, "a number", (0.0, 5.0)) == 2.0
    with pytest.raises(InvalidParameterValueException, match="x"):
        declare(node(x=9.0), "x", 1.0, "a number", (0.0, 5.0))
    with pytest.raises(InvalidParameterValueException, match="n"):
        declare(node(n=-1), "n", 1, "a count", (0, 5))


@dataclass(frozen=True)
class Inner:
    """One.

    Attributes:
        gain: of it [dB].
    """

    gain: Annotated[float, Range(0.0, 1.0, open="low")]


@dataclass(frozen=True)
class Outer:
    """All.

    Attributes:
        count: how many there are.
        inner: one of them.
    """

    count: Annotated[int, Range(1)]
    inner: Inner
    ages: dict[str, float]
    scale: float


OUTER = {"count": 2, "inner": {"gain": 0.5}, "ages": {"hand/action": 0.1}, "scale": 2.0}


def test_text_and_bounds_are_those_of_the_configuration(ros, tmp_path):
    """What the docstring leaves out has the comment of the file."""
    file = tmp_path / "outer.yaml"
    file.write_text("# The file.\n\n# Of the whole.\nscale: 2.0\n")
    n = node(**{"inner.gain": 1.0})
    found = declare_config(n, Outer, OUTER, file, changeable=("scale",))
    assert found == {**OUTER, "inner": {"gain": 1.0}}
    assert n.get_parameter("ages.hand_action").value == 0.1
    gain, count, scale = (n.describe_parameter(name) for name in ("inner.gain", "count", "scale"))
    texts = (gain.description, count.description, scale.description)
    assert texts == ("of it [dB].", "how many there are.", "Of the whole.")
    limits = gain.floating_point_range[0]
    assert 0.0 < limits.from_value < 1e-300 and limits.to_value == 1.0
    assert count.integer_range[0].from_value == 1 and gain.read_only and not scale.read_only


@pytest.mark.parametrize(("name", "value"), [("inner.gain", 0.0), ("inner.gain", 1.5), ("count", 0)])
def test_a_value_out_of_its_range_is_refused_as_a_parameter(ros, name, value):
    """In the words in which a file's value is: with the range."""
    with pytest.raises(ConfigError, match=rf"{name} must be (in \(0, 1\]|>= 1), is {value}"):
        declare_config(node(**{name: value}), Outer, OUTER)


def test_unknown_parameters_are_named_with_the_known_ones(ros):
    n = node(timeout=8.0)
    component_overrides(n, GOAL)
    with pytest.raises(ConfigError, match=r"\['timeout'\]; known \[.*'timeout_s'"):
        check_parameters(n)


def test_comments_are_found_above_and_beside_keys(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("# The file.\n\n# Over\n# two lines.\na: 1\nb: 2  # beside\nc:\n  # Nested.\n  d: 3\ne: 4\n")
    assert file_comments(path) == {"a": "Over two lines.", "b": "beside", "c.d": "Nested."}


@pytest.mark.parametrize("value", [24065432, 1.5, True])
def test_a_number_for_a_text_is_refused_with_how_to_quote_it(value):
    """A serial number of digits: what was typed has lost its leading zeros on the way."""
    given = SimpleNamespace(_parameter_overrides={"top.serial": Parameter("top.serial", value=value)})
    with pytest.raises(ConfigError, match=r"'top.serial' is text, found .* put it in quotes: -p top.serial:="):
        declare(given, "top.serial", "0815-0000", "serial number")


@dataclass(frozen=True)
class Floats:
    """Numbers that a file may write without a point.

    Attributes:
        gain: one [1].
        gains: several [1].
        either: a float or nothing [s].
        count: how many.
    """

    gain: float
    gains: tuple[float, ...]
    either: float | None
    count: int


def test_whole_numbers_of_the_file_are_floats_where_the_field_is_one(ros):
    values = {"gain": 2, "gains": [1, 2], "either": 3, "count": 4}
    found = declare_config(node(gain=2.5, gains=[3, 4], either=1), Floats, values)
    assert found == {"gain": 2.5, "gains": [3.0, 4.0], "either": 1.0, "count": 4}
    assert all(type(item) is float for item in (found["gain"], *found["gains"], found["either"]))
    assert type(declare_config(node(), Floats, values)["gain"]) is float


FILE = """
/**:
  ros__parameters: {use_sim_time: false, theirs: 1, nested: {deep: 2}}
/left:
  "*": {ros__parameters: {also_theirs: 3}}
n:
  ros__parameters: {own: 4}
"""


def test_a_file_for_several_nodes_may_hold_what_others_understand(ros, tmp_path, monkeypatch):
    (tmp_path / "all.yaml").write_text(FILE)
    words = ["n", "--ros-args", "--params-file", str(tmp_path / "all.yaml")]
    assert for_several_nodes(words) == {"use_sim_time", "theirs", "nested.deep", "also_theirs"}
    assert for_several_nodes([*words, "-p", "theirs:=2"]) == {"use_sim_time", "nested.deep", "also_theirs"}
    monkeypatch.setattr("sys.argv", words)
    given = {"theirs": 1, "nested.deep": 2}
    check_parameters(Node("n", parameter_overrides=[Parameter(name, value=value) for name, value in given.items()]))
    with pytest.raises(ConfigError, match=r"unknown parameters \['own'\]"):
        check_parameters(Node("n", parameter_overrides=[Parameter("own", value=4), Parameter("theirs", value=1)]))


def test_a_misspelt_parameter_on_the_command_line_is_refused_all_the_same(ros, tmp_path, monkeypatch):
    (tmp_path / "all.yaml").write_text(FILE)
    monkeypatch.setattr("sys.argv", ["n", "--ros-args", "--params-file", str(tmp_path / "all.yaml"), "-p", "theirs:=1"])
    with pytest.raises(ConfigError, match="theirs"):
        check_parameters(node(theirs=1))


def test_overrides_of_quality_of_service_are_no_error(ros):
    name = "qos_overrides./hand/action.publisher.depth"
    check_parameters(Node("n", parameter_overrides=[Parameter(name, value=5)]))
