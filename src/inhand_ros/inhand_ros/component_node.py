"""Nodes that run one component of the graph: a plain one and a lifecycle one, and the main function of both."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from inhand_core.config import ConfigError
from inhand_ros.executor import SteadyExecutor
from inhand_ros.graph_component import GraphComponent
from inhand_ros.managed_node import ManagedNode
from inhand_ros.parameters import check_parameters


class ComponentNode(GraphComponent, Node):
    """Runs the component `name` of config/graph.yaml from its construction on; the node has the same name."""

    def __init__(self, name: str, **options: Any) -> None:
        Node.__init__(self, name, **options)
        self.declare_common(name)
        self.setup_component()
        self.start_component()


class LifecycleComponentNode(GraphComponent, ManagedNode):
    """As `ComponentNode`, with a managed lifecycle: configuring builds the component, activating starts it.

    With the parameter `autostart`, the default, the node does both by itself.
    """

    def __init__(self, name: str, **options: Any) -> None:
        ManagedNode.__init__(self, name, **options)
        self.declare_common(name)
        self.bring_up()

    def configure(self) -> None:
        """Builds the component."""
        self.setup_component()

    def activate(self) -> None:
        """Starts stepping, from a reset."""
        self.runner.start()
        self.start_component()

    def deactivate(self) -> None:
        """Stops stepping."""
        self.stop_component()

    def cleanup(self) -> None:
        """Forgets the component."""
        self.forget_component()


def run_node(make: Callable[[], Node], patience_s: float | None = 3.0) -> None:
    """Runs a node until SIGINT or SIGTERM; a configuration that cannot be used ends the process with code 2.

    Args:
        make: builds the node.
        patience_s: how long its ending may take after the signal; then it says where it is stuck and ends at once.
            None: as long as it takes, for nodes that have something to bring to disk.
    """
    signal.signal(signal.SIGINT, lambda *_: None)  # rclpy's own handler ends the executor, between two callbacks
    rclpy.init()
    if patience_s is not None:
        threading.Thread(target=_end_when_stuck, args=(patience_s,), daemon=True).start()
    node = None
    try:
        node = make()
        check_parameters(node)
        executor = SteadyExecutor()
        executor.add_node(node)
        gc.collect()
        gc.freeze()  # what lives for ever need not be looked at again in the middle of a step
        executor.spin()
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(2)
    except ExternalShutdownException:
        pass
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def _end_when_stuck(patience_s: float) -> None:
    """Ends the process `patience_s` after its context was shut down, and shows its threads, if it is still there."""
    while rclpy.ok():
        time.sleep(0.5)
    time.sleep(patience_s)
    print(f"still there {patience_s:g} s after the end of ROS; the threads are at:", file=sys.stderr, flush=True)
    faulthandler.dump_traceback(sys.stderr)
    os._exit(0)
