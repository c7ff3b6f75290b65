"""Component configurations as ROS parameters: one read-only parameter a field, described and bounded.

The default is what config/<name>.yaml and the graph say; text and bounds are those of the configuration's dataclass.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.comments import file_comments
from inhand_core.config import ConfigError, read_yaml, to_mapping
from inhand_core.graph_spec import ComponentSpec, resolve_class
from inhand_core.paths import config_file
from inhand_core.ranges import describe, limits
from inhand_core.task import Task
from inhand_ros.shared_parameters import for_several_nodes

Bounds = tuple[float, float] | None


def declare(
    node: Node, name: str, default: Any, description: str, bounds: Bounds = None, read_only: bool = True
) -> Any:
    """Declares a parameter, read-only where not said otherwise, and returns its value.

    A number's type is that of the default, but an integer is accepted where the default is a float.
    `bounds` are the smallest and the largest value allowed.
    """
    descriptor = ParameterDescriptor(description=description, read_only=read_only)
    if bounds is not None and isinstance(default, float):
        descriptor.floating_point_range = [FloatingPointRange(from_value=float(bounds[0]), to_value=float(bounds[1]))]
    elif bounds is not None:
        descriptor.integer_range = [IntegerRange(from_value=int(bounds[0]), to_value=int(bounds[1]))]
    if isinstance(default, float) or (isinstance(default, (list, tuple)) and default and isinstance(default[0], float)):
        _integers_to_floats(node, name)
    if isinstance(default, str):
        _refuse_numbers_for_text(node, name)
    return node.declare_parameter(name, default, descriptor).value


def _integers_to_floats(node: Node, name: str) -> None:
    """A command line's `x:=2` for a float parameter, as rclcpp's users expect it to work."""
    given = node._parameter_overrides.get(name)
    if given is not None and given.type_ == Parameter.Type.INTEGER:
        node._parameter_overrides[name] = Parameter(name, Parameter.Type.DOUBLE, float(given.value))
    if given is not None and given.type_ == Parameter.Type.INTEGER_ARRAY:
        node._parameter_overrides[name] = Parameter(name, Parameter.Type.DOUBLE_ARRAY, [float(v) for v in given.value])


def _refuse_numbers_for_text(node: Node, name: str) -> None:
    """A serial number of digits comes as a number, which has lost its leading zeros: it must be quoted.

    Raises:
        ConfigError: it was not; the message says how.
    """
    given = node._parameter_overrides.get(name)
    if given is not None and given.type_ not in (Parameter.Type.STRING, Parameter.Type.NOT_SET):
        value = f"{name}:='\"{given.value}\"'"
        raise ConfigError(f"parameter {name!r} is text, found {given.value!r}; put it in quotes: -p {value}")


def check_parameters(node: Node) -> None:
    """Refuses parameters given to a node that it does not have, and tells of those that are for all nodes.

    A section of a file for several nodes (`/**:`) may hold what others alone understand; what is given to this node by
    its name, or on its command line, it must have.

    Raises:
        ConfigError: naming them and the node's own.
    """
    known = sorted(node._parameters)
    unknown = set(node._parameter_overrides) - set(known)
    quality = {name for name in unknown if name.startswith("qos_overrides.")}
    shared = (unknown - quality) & for_several_nodes(sys.argv)
    if quality:
        node.get_logger().warning(f"not taken, as config/graph.yaml has the quality of service: {sorted(quality)}")
    if shared:
        node.get_logger().info(f"not for this node: {sorted(shared)}")
    if unknown := sorted(unknown - quality - shared):
        raise ConfigError(f"node {node.get_name()!r}: unknown parameters {unknown}; known {known}")


def component_overrides(
    node: Node, spec: ComponentSpec, changeable: tuple[str, ...] = (), task: Task | None = None
) -> dict[str, Any]:
    """Declares the fields of a component's configuration and returns what `build_runner` takes as overrides.

    All are read-only but those in `changeable`.

    Every number, string, flag and list of them in the file or among the defaults of the dataclass is a parameter;
    nested mappings are named "outer.inner". The file's values, as the task has them, stand
    where no parameter is given.
    """
    cls = resolve_class(spec.component).Config
    path = config_file(spec.config) if spec.config else None
    held = (task or Task()).over(spec.config, read_yaml(path)) if path else {}
    given = {**held, **spec.overrides}
    values = {**_defaults(cls), **given}
    values.pop("randomization", None)  # a parameter of every node; its groups reach the component with the links
    values = {name: value for name, value in values.items() if value is not None}
    return declare_config(node, cls, values, path, changeable)


def _defaults(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.default is not dataclasses.MISSING:
            found[field.name] = to_mapping(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            found[field.name] = to_mapping(field.default_factory())
    return found


def declare_config(
    node: Node,
    cls: type,
    values: Mapping[str, Any],
    file: Path | None = None,
    changeable: Collection[str] = (),
    left_out: Collection[str] = (),
    prefix: str = "",
) -> dict[str, Any]:
    """Declares a parameter for each of `values`, which `load_config` makes a `cls` of, and returns what they say.

    A field's description is its text in the docstring of `cls`, or the comment above its key in `file`; its bounds are
    those of its `Range`. Fields of a nested dataclass, and entries of a mapping, are named "outer.inner", with "_" for
    each "/". What no parameter can hold is returned as it is: mappings in lists, empty lists, nothing.

    Args:
        node: whose parameters they are.
        cls: the configuration's dataclass.
        values: by field.
        file: where the values come from, for the comments of what the docstring leaves out.
        changeable: fields that can be set while the node runs.
        left_out: fields that are the file's alone.
        prefix: of the names, with its dot.

    Raises:
        ConfigError: a text was given as a number, or a number outside its range, which the message names.
    """
    comments, texts, ranges = file_comments(file) if file else {}, describe(cls), limits(cls)
    hints = typing.get_type_hints(cls)
    found = dict(values)
    for name, value in values.items():
        full = f"{prefix}{name}"
        inner = hints.get(name)
        if name in left_out:
            continue
        if isinstance(value, Mapping) and dataclasses.is_dataclass(inner) and isinstance(inner, type):
            found[name] = declare_config(node, inner, value, file, changeable, left_out, f"{full}.")
            continue
        text = texts[name].text if name in texts else comments.get(full, f"{cls.__name__}.{name}")
        value = _as_float(value, inner)
        limit = ranges.get(name)
        bounds = limit.closed(isinstance(value, int)) if limit else None
        try:
            found[name] = _declare(node, full, value, text, comments, bounds, read_only=name not in changeable)
        except InvalidParameterValueException as error:
            given = node._parameter_overrides[full].value if full in node._parameter_overrides else value
            unit = f" {texts[name].unit}" if name in texts and texts[name].unit else ""
            raise ConfigError(f"{node.get_name()}: {full} must be {limit}, is {given}{unit}") from error
    return found


def _as_float(value: Any, hint: Any) -> Any:
    """A whole number, or whole numbers in a list, where the field is of floats: 2 in YAML is 2.0."""
    kinds = {hint, *typing.get_args(hint)}
    if float in kinds and isinstance(value, int) and not isinstance(value, bool) and int not in kinds:
        return float(value)
    if isinstance(value, (list, tuple)) and float in kinds and all(type(item) in (int, float) for item in value):
        return [float(item) for item in value]
    return value


def _declare(
    node: Node,
    name: str,
    value: Any,
    text: str,
    comments: Mapping[str, str],
    bounds: Bounds = None,
    read_only: bool = True,
) -> Any:
    if isinstance(value, Mapping):
        names = {key: f"{name}.{str(key).replace('/', '_')}" for key in value}
        texts = {key: comments.get(f"{name}.{key}", text) for key in value}
        return {key: _declare(node, names[key], item, texts[key], comments) for key, item in value.items()}
    if not _is_parameter(value):
        return value
    got = declare(node, name, value, text, bounds, read_only)
    return list(got) if isinstance(value, (list, tuple)) else got


def _is_parameter(value: Any) -> bool:
    """Scalars, and lists of one kind of scalar that are not empty (an empty list has no type as a parameter)."""
    if isinstance(value, (list, tuple)):
        return bool(value) and len({type(v) for v in value}) == 1 and isinstance(value[0], (bool, int, float, str))
    return isinstance(value, (bool, int, float, str))


def declare_claim(node: Node) -> str:
    """Declares the parameter that says whose motor commands a node follows, and returns it; see `inhand_core.claim`."""
    text = "name of the controller whose commands are followed, as that was given it; empty: the first that speaks"
    return declare(node, "claim", "", text)
