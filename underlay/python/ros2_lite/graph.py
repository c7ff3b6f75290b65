"""A node of one's own to look at the ROS graph with, and what can be seen."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPresetProfiles,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.topic_endpoint_info import TopicEndpointInfo

from .messages import BadMessage, interface

HIDDEN = "_"  # names that start so, in any part, are hidden
UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"  # rmw's name for the owner of an endpoint that it does not know yet
LONGEST_UNKNOWN = 12.0  # spin times to wait for the owners of endpoints: Fast DDS repeats them every 3 s
LONGEST = 4.0  # times the spin time, after which a graph that keeps changing is taken as it is


def add_spin_time(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says how long to listen for others."""
    parser.add_argument(
        "--spin-time", type=float, default=1.0, help="Spin time in seconds to wait for discovery (default: %(default)s)"
    )
    parser.add_argument("-s", "--use-sim-time", action="store_true", help="Enable ROS simulation time")
    parser.add_argument("--no-daemon", action="store_true", help="Do not spawn nor use a daemon: there is none here")


@contextmanager
def direct_node(
    spin_time: float,
    expected: Callable[[Node], bool] | None = None,
    *,
    name: str | None = None,
    use_sim_time: bool = False,
) -> Iterator[Node]:
    """Yield a node, hidden unless it is given a name, that has looked at the graph for some time.

    With `expected`, until it holds, LONGEST spin times at most; without, until nothing new was seen for a spin time.
    """
    with rclpy.init():
        node = rclpy.create_node(
            name or f"_ros2cli_{time.monotonic_ns() % 10**9}",
            start_parameter_services=False,
            enable_rosout=False,
            parameter_overrides=[Parameter("use_sim_time", value=use_sim_time)],
        )
        try:
            discover(node, spin_time, expected)
            yield node
        except ExternalShutdownException:
            raise KeyboardInterrupt from None
        finally:
            node.destroy_node()


def discover(node: Node, spin_time: float, expected: Callable[[Node], bool] | None = None) -> None:
    """Spin until `expected` holds or, without it, until others were seen and none was new for `spin_time` seconds."""
    start = changed = time.monotonic()
    seen: Any = None
    while True:
        rclpy.spin_once(node, timeout_sec=0.05)
        now, known = time.monotonic(), _owners_known(node)
        if (graph := (node.get_topic_names_and_types(), node.get_node_names())) != seen:
            seen, changed = graph, now
        if expected:
            enough = expected(node)
        else:
            enough = now - changed >= spin_time and bool(node_names(node, hidden=True))
        if (enough and known) or now - start > spin_time * (LONGEST if known else LONGEST_UNKNOWN):
            return


def is_hidden(name: str) -> bool:
    """Return whether a topic, service or node is hidden."""
    return any(part.startswith(HIDDEN) for part in name.split("/"))


def absolute(name: str) -> str:
    """Return a name with a slash in front."""
    return name if name.startswith("/") else f"/{name}"


def topics(node: Node, hidden: bool = False) -> list[tuple[str, list[str]]]:
    """Return (name, types) of all topics, sorted by name."""
    return sorted((name, types) for name, types in node.get_topic_names_and_types() if hidden or not is_hidden(name))


def _owners_known(node: Node) -> bool:
    """Return whether every publisher that was seen has a node; endpoints arrive before the nodes that own them."""
    return all(
        endpoint.node_name != UNKNOWN_NODE
        for name, _ in node.get_topic_names_and_types()
        for endpoint in node.get_publishers_info_by_topic(name)
    )


def has_topic(name: str) -> Callable[[Node], bool]:
    """Return a condition for direct_node(): somebody publishes or subscribes to a topic."""
    return lambda node: name in dict(node.get_topic_names_and_types())


def has_node(name: str) -> Callable[[Node], bool]:
    """Return a condition for direct_node(): a node of this full name is there."""
    return lambda node: name in node_names(node, hidden=True)


def node_names(node: Node, hidden: bool = False) -> list[str]:
    """Return the full names of all nodes but this one, sorted; equal names as often as they occur."""
    found = [f"{namespace.rstrip('/')}/{name}" for name, namespace in node.get_node_names_and_namespaces()]
    own = node.get_fully_qualified_name()
    return sorted(name for name in found if name != own and (hidden or not is_hidden(name)))


def message_class(node: Node, topic: str, name: str | None = None) -> type | None:
    """Return the class of a topic's messages: of the type `name`, else as its publishers have it; None: unknown yet.

    Raises:
        BadMessage: the type does not exist here, or the topic has more than one.
    """
    if name is not None:
        return interface(name, "msg")
    types = dict(node.get_topic_names_and_types()).get(topic)
    if not types:
        return None
    if len(types) > 1:
        raise BadMessage(f"Topic '{topic}' contains more than one type: [{', '.join(types)}]")
    return interface(types[0], "msg")


def matching_qos(endpoints: list[TopicEndpointInfo], depth: int) -> QoSProfile:
    """Return the QoS with which a subscriber hears all of a topic's publishers: reliable and latched if all are."""
    profiles = [endpoint.qos_profile for endpoint in endpoints]
    reliable = bool(profiles) and all(p.reliability == ReliabilityPolicy.RELIABLE for p in profiles)
    latched = bool(profiles) and all(p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in profiles)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def add_qos(parser: argparse.ArgumentParser) -> None:
    """Add the QoS arguments that override what is chosen otherwise."""
    parser.add_argument("--qos-profile", choices=QoSPresetProfiles.short_keys(), help="Quality of service preset")
    parser.add_argument("--qos-reliability", choices=["reliable", "best_effort"], help="Reliability")
    parser.add_argument("--qos-durability", choices=["volatile", "transient_local"], help="Durability")
    parser.add_argument("--qos-depth", type=int, metavar="N", help="Queue size")


def overridden(qos: QoSProfile, options: argparse.Namespace) -> QoSProfile:
    """Return a QoS with what the arguments of add_qos() say put in its place."""
    if options.qos_profile:
        qos = QoSPresetProfiles.get_from_short_key(options.qos_profile)
    return QoSProfile(
        history=qos.history,
        depth=options.qos_depth or max(qos.depth, 1),
        reliability=ReliabilityPolicy.get_from_short_key(options.qos_reliability)
        if options.qos_reliability
        else qos.reliability,
        durability=DurabilityPolicy.get_from_short_key(options.qos_durability)
        if options.qos_durability
        else qos.durability,
    )
