"""Nodes that run one component of the graph: a plain one and a lifecycle one, and the main function of both."""

from __future__ import annotations

import contextlib
import errno
import gc
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from inhand_core.config import ConfigError, DeviceAway
from inhand_core.launched import AWAY, REFUSED, forget_start, refuse
from inhand_ros.ending import Ending, Interrupted, leave
from inhand_ros.executor import SteadyExecutor
from inhand_ros.graph_component import GraphComponent
from inhand_ros.managed_node import ManagedNode
from inhand_ros.parameters import check_parameters

PATIENCE_S = 1.5
"""How long a node may take to end; launch files send SIGTERM after 2 s and SIGKILL after 2.5."""

NEVER = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
"""Why a node cannot have a file, however often it is started; a full disk may yet have room."""


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


def run_node(*make: Callable[[], Node], patience_s: float | None = PATIENCE_S) -> NoReturn:
    """Runs nodes until SIGINT or SIGTERM, then ends the process; code 2 for a configuration that cannot be used.

    Such a node ends its launch as well (`inhand_core.launched`); code 3, of a device that is not there, does not.

    Several nodes share one executor, and so one thread: what each of them costs beyond its callbacks is paid once.

    Args:
        make: each builds a node; a method `finish` of a node, where there is one, is called before it is destroyed, and
            returns an exit code.
        patience_s: how long the ending may take after the signal; then it shows where it is stuck and ends at once.
            None, for nodes that have something to bring to disk: `finish` may take as long as it needs.
    """
    ending = Ending(patience_s)
    code, nodes = 0, []
    try:
        _start_ros()
        with ending.building():
            executor = SteadyExecutor()
            for one in make:
                nodes.append(one())
                check_parameters(nodes[-1])
                executor.add_node(nodes[-1])
            gc.collect()
            gc.freeze()  # what lives for ever need not be looked at again in the middle of a step
        ending.call(executor.stop)
        executor.spin()
    except Interrupted:
        pass
    except (ConfigError, ParameterException) as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        code = _refuse(error)
    except OSError as error:
        if len(nodes) == len(make):
            traceback.print_exc()
        else:  # of its files: the message names the one
            print(f"error: {error}", file=sys.stderr, flush=True)
        code = _refuse(error) if len(nodes) < len(make) and error.errno in NEVER else 1
    except SystemExit as end:  # a node that ends by itself
        code = _exit_code(end)
    except Exception:
        traceback.print_exc()
        code = 1
    for node in nodes:
        if hasattr(node, "finish"):
            code = _finish(node) or code
    ending.set_limit(PATIENCE_S)
    for node in nodes:
        node.destroy_node()
    with contextlib.suppress(AttributeError if len(nodes) < len(make) else ()):  # of a node that is half built
        rclpy.try_shutdown()
    _rclpy.rclpy_logging_fini()  # brings the last lines of the log to disk
    leave(code)


def _start_ros() -> None:
    """rclpy.init, with the arguments of the command line.

    Raises:
        ConfigError: they, or a file of parameters that they name, cannot be used.
    """
    try:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    except (RuntimeError, ValueError) as error:  # RCLError among them
        raise ConfigError(" ".join(str(error).split())) from error


def _refuse(error: Exception) -> int:
    """Ends the launch that this process is of, but where a device may yet come; the exit code."""
    if isinstance(error, DeviceAway):
        forget_start()
        return AWAY
    refuse(str(error))
    return REFUSED


def _exit_code(end: SystemExit) -> int:
    """The code of sys.exit(…); what is no number is said, as Python does it, and ends the launch as well."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr, flush=True)
    refuse(str(end.code).removeprefix("error: "))
    return 1


def _finish(node: Any) -> int:
    try:
        return node.finish()
    except Exception:
        traceback.print_exc()
        return 1
