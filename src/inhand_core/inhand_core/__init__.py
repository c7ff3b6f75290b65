"""Components, links, strict configuration, rotations and the graph they are wired into; no ROS."""

from inhand_core.component import Component
from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.graph import GraphSpec, InProcessGraph, load_graph
from inhand_core.graph_spec import load_topics
from inhand_core.link import Link
from inhand_core.random import RowRandom

__all__ = [
    "Component",
    "ConfigError",
    "GraphSpec",
    "InProcessGraph",
    "Link",
    "RowRandom",
    "load_config",
    "load_graph",
    "load_topics",
    "read_yaml",
]
