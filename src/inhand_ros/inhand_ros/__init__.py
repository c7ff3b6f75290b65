"""The graph on ROS 2: component nodes, codecs, quality of service, diagnostics."""

# Before what takes long to import:
import inhand_ros.early  # noqa: F401

# isort: split

from inhand_ros.codecs import Labels, decode, encode, to_ns, to_stamp
from inhand_ros.component_node import ComponentNode, LifecycleComponentNode, run_node
from inhand_ros.diagnostics import Diagnostics
from inhand_ros.executor import SteadyExecutor
from inhand_ros.managed_node import ManagedNode
from inhand_ros.parameters import declare

__all__ = [
    "ComponentNode",
    "Diagnostics",
    "Labels",
    "LifecycleComponentNode",
    "ManagedNode",
    "SteadyExecutor",
    "declare",
    "decode",
    "encode",
    "run_node",
    "to_ns",
    "to_stamp",
]
