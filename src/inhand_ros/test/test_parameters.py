"""Configuration fields as ROS parameters: described, read-only, bounded, refused when unknown."""

from types import SimpleNamespace

import pytest
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.config import ConfigError
from inhand_core.graph import load_graph
from inhand_ros.parameters import check_parameters, component_overrides, declare, file_comments

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
