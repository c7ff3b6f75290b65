"""`ros2 param list | get | set`, by the parameter services of the nodes."""

import argparse
import re
import sys
from typing import Any

import rclpy
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from . import graph
from .launch.parameters import typed_value

ANSWER_S = 5.0
_LABELS = {
    ParameterType.PARAMETER_BOOL: "Boolean value is:",
    ParameterType.PARAMETER_INTEGER: "Integer value is:",
    ParameterType.PARAMETER_DOUBLE: "Double value is:",
    ParameterType.PARAMETER_STRING: "String value is:",
    ParameterType.PARAMETER_BYTE_ARRAY: "Byte values are:",
    ParameterType.PARAMETER_BOOL_ARRAY: "Boolean values are:",
    ParameterType.PARAMETER_INTEGER_ARRAY: "Integer values are:",
    ParameterType.PARAMETER_DOUBLE_ARRAY: "Double values are:",
    ParameterType.PARAMETER_STRING_ARRAY: "String values are:",
}


_KINDS = {
    ParameterType.PARAMETER_BOOL: "boolean",
    ParameterType.PARAMETER_INTEGER: "integer",
    ParameterType.PARAMETER_DOUBLE: "double",
    ParameterType.PARAMETER_STRING: "string",
    ParameterType.PARAMETER_BYTE_ARRAY: "byte array",
    ParameterType.PARAMETER_BOOL_ARRAY: "boolean array",
    ParameterType.PARAMETER_INTEGER_ARRAY: "integer array",
    ParameterType.PARAMETER_DOUBLE_ARRAY: "double array",
    ParameterType.PARAMETER_STRING_ARRAY: "string array",
}


class NoAnswer(Exception):
    """A node has no parameter services, or does not answer; the text names it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    verb = verbs.add_parser("list", help="Output a list of available parameters")
    verb.add_argument("node_name", nargs="?", help="Name of the ROS node")
    verb.add_argument("--include-hidden-nodes", action="store_true", help="Consider hidden nodes as well")
    verb.add_argument("--param-prefixes", nargs="+", default=[], help="Only list parameters with these prefixes")
    verb.add_argument("--param-type", action="store_true", help="Print parameter types with parameter names")
    verb.add_argument("--filter", metavar="REGEX", default="", help="Only list parameters that match this expression")
    verb.set_defaults(function=list_parameters)
    verb = verbs.add_parser("get", help="Get parameter")
    verb.add_argument("node_name", help="Name of the ROS node")
    verb.add_argument("parameter_name", help="Name of the parameter")
    verb.add_argument("--include-hidden-nodes", action="store_true", help="Consider hidden nodes as well")
    verb.add_argument("--hide-type", action="store_true", help="Hide the type information")
    verb.set_defaults(function=get)
    verb = verbs.add_parser("set", help="Set parameter")
    verb.add_argument("node_name", help="Name of the ROS node")
    verb.add_argument("parameter_name", help="Name of the parameter")
    verb.add_argument("value", help="Value of the parameter, as YAML")
    verb.add_argument("--include-hidden-nodes", action="store_true", help="Consider hidden nodes as well")
    verb.set_defaults(function=set_parameter)
    for verb in verbs.choices.values():
        graph.add_spin_time(verb)


def main(options: argparse.Namespace) -> int | str:
    """Run a verb."""
    expected = graph.has_node(graph.absolute(options.node_name)) if options.node_name else None
    try:
        with graph.direct_node(options.spin_time, expected) as node:
            return options.function(node, options)
    except NoAnswer as error:
        return str(error)


def call(node: Node, target: str, kind: type, service: str, request: Any) -> Any:
    """Return the response of a node's parameter service.

    Raises:
        NoAnswer: the node has no such service, or did not answer within ANSWER_S.
    """
    client = node.create_client(kind, f"{target}/{service}")
    if not client.wait_for_service(timeout_sec=1.0):
        raise NoAnswer(f"Wait for service timed out waiting for parameter services for node {target}")
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_S)
    if not future.done() or future.result() is None:
        raise NoAnswer(f"Node {target} did not answer within {ANSWER_S:g} s")
    return future.result()


def list_parameters(node: Node, options: argparse.Namespace) -> int | str:
    """Print the parameters of one node or of all."""
    names = graph.node_names(node, options.include_hidden_nodes)
    if options.node_name is not None:
        if graph.absolute(options.node_name) not in names:
            return "Node not found"
        names = [graph.absolute(options.node_name)]
    for name in dict.fromkeys(names):
        try:
            request = ListParameters.Request(prefixes=options.param_prefixes)
            found = call(node, name, ListParameters, "list_parameters", request).result.names
            shown = sorted(parameter for parameter in found if re.search(options.filter, parameter))
            kinds = _kinds(node, name, shown) if options.param_type else {}
        except NoAnswer as error:
            print(error)
            continue
        if options.node_name is None and shown:
            print(f"{name}:")
        for parameter in shown:
            print(f"  {parameter} (type: {kinds[parameter]})" if kinds else f"  {parameter}")
    return 0


def _kinds(node: Node, target: str, names: list[str]) -> dict[str, str]:
    """Return the types of a node's parameters in words."""
    request = DescribeParameters.Request(names=names)
    found = call(node, target, DescribeParameters, "describe_parameters", request).descriptors
    return {name: _KINDS.get(descriptor.type, "not set") for name, descriptor in zip(names, found, strict=True)}


def get(node: Node, options: argparse.Namespace) -> int | str:
    """Print a parameter's value."""
    target = graph.absolute(options.node_name)
    if target not in graph.node_names(node, hidden=True):
        return "Node not found"
    request = GetParameters.Request(names=[options.parameter_name])
    values = call(node, target, GetParameters, "get_parameters", request).values
    if not values or values[0].type == ParameterType.PARAMETER_NOT_SET:
        return "Parameter not set"
    value = parameter_value_to_python(values[0])
    value = value.tolist() if hasattr(value, "tolist") else value
    print(value) if options.hide_type else print(_LABELS[values[0].type], value)
    return 0


def set_parameter(node: Node, options: argparse.Namespace) -> int | str:
    """Set a parameter; the node may refuse."""
    target = graph.absolute(options.node_name)
    if target not in graph.node_names(node, hidden=True):
        return "Node not found"
    parameter = Parameter(name=options.parameter_name, value=parameter_value(options.value))
    response = call(node, target, SetParameters, "set_parameters", SetParameters.Request(parameters=[parameter]))
    result = response.results[0]
    reason = f": {result.reason}" if result.reason else ""
    if not result.successful:
        print(f"Setting parameter failed{reason}", file=sys.stderr)
        return 0  # as the real one does
    print(f"Set parameter successful{reason}")
    return 0


def parameter_value(text: str) -> ParameterValue:
    """Return a parameter's value from YAML; what is no bool, number or list of such is a string."""
    try:
        value = typed_value(text, "yaml")
    except ValueError:
        value = text
    return rclpy.parameter.Parameter("_", value=value).get_parameter_value()
