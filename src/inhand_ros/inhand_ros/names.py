"""What is whose where several graphs share a domain: each has a namespace of its own, and a prefix of its frames.

Names of topics, services, nodes and reports are those of the namespace, as seen from it: "hand/action", "policy".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rclpy.node import Node

from inhand_core.config import ConfigError
from inhand_ros.parameters import declare

SHARED_TOPICS = ("/tf", "/tf_static", "/diagnostics", "/diagnostics_agg", "/rosout", "/parameter_events")
"""Topics on which all graphs of a domain speak, and tell themselves apart by frames and names."""
AUTO = "auto"
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z0-9_]+)*/?")


def within(name: str, namespace: str) -> str | None:
    """An absolute name as seen from a namespace: "/left/goal" is "goal" from "/left"; None: it is outside."""
    space = namespace.rstrip("/") + "/"
    return name[len(space) :] if name.startswith(space) else None


def report_name(node: Node) -> str:
    """What a node's reports on /diagnostics begin with: its full name without the first slash."""
    return node.get_fully_qualified_name().lstrip("/")


def own_report(name: str, namespace: str) -> str | None:
    """The node that a report on /diagnostics is of, such as "policy" of "left/policy: graph" from "/left".

    None where it is of another graph: of a node in another namespace, deeper ones included.
    """
    full = "/" + name.partition(":")[0].strip().lstrip("/")
    node = within(full, namespace)
    return None if node is None or "/" in node else node


def auto_prefix(namespace: str) -> str:
    """The prefix of frames that a namespace has: "left_" of "/left", "" of "/"."""
    inner = namespace.strip("/").replace("/", "_")
    return f"{inner}_" if inner else ""


def declare_frame_prefix(node: Node) -> str:
    """Declares the parameter for what every frame's name begins with, and returns that: `left_` in `left_hand_base`.

    With "auto", the default, it is the node's namespace: two hands in two namespaces have frames of their own.

    Raises:
        ConfigError: it cannot begin a frame's name.
    """
    text = "what the name of every frame begins with; auto: the namespace, as left_ of /left; empty: nothing"
    prefix = declare(node, "frame_prefix", AUTO, text)
    if prefix == AUTO:
        return auto_prefix(node.get_namespace())
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ConfigError(f"frame_prefix must be letters, digits, _ and / such as 'left_', is {prefix!r}")
    return prefix


@dataclass(frozen=True)
class GraphNames:
    """Resolved names of the graph's topics, of whatever namespace and with whatever remapping.

    Attributes:
        names: the graph's name, with a leading slash, by the resolved one.
    """

    names: Mapping[str, str]

    @classmethod
    def of(cls, node: Node, topics: Mapping[str, object] | tuple[str, ...]) -> GraphNames:
        """Those of `topics`, given as the graph names them, for a node."""
        return cls({node.resolve_topic_name(name): f"/{name.lstrip('/')}" for name in topics})

    def graph_name(self, topic: str) -> str:
        """The graph's name of a resolved one; that itself where the graph has none for it."""
        return self.names.get(topic, topic)
