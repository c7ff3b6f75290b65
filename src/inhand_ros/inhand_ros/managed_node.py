"""A lifecycle node that brings itself up, for nodes with or without a component of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from inhand_core.config import ConfigError
from inhand_ros.parameters import declare


class ManagedNode(LifecycleNode):
    """A lifecycle node whose transitions are plain methods: `configure`, `activate`, `deactivate`, `cleanup`.

    A method that raises ConfigError, ValueError or OSError fails its transition, with the message in the log. With the
    parameter `autostart`, the default, `bring_up` configures and activates the node; call it at the end of the
    constructor.

    Attributes:
        failure: why the last transition that failed did.
    """

    failure: Exception = ConfigError("not configured")
    active = False
    """Whether the last transition left the node active."""

    def __init__(self, name: str, **options: Any) -> None:
        LifecycleNode.__init__(self, name, **options)
        self._autostart = declare(self, "autostart", True, "configure and activate at start")

    def configure(self) -> None:
        """Builds what the node works with."""

    def activate(self) -> None:
        """Starts working."""

    def deactivate(self) -> None:
        """Stops working; `activate` may follow."""

    def cleanup(self) -> None:
        """Undoes `configure`."""

    def bring_up(self) -> None:
        """Configures and activates, where `autostart` says so.

        Raises:
            ConfigError, ValueError, OSError: what the failed transition raised.
        """
        if not self._autostart:
            return
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != TransitionCallbackReturn.SUCCESS:
                raise self.failure

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `configure`."""
        return self._attempt(self.configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `activate`."""
        result = self._attempt(self.activate)
        self.active = result == TransitionCallbackReturn.SUCCESS
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `deactivate`."""
        self.active = False
        return self._attempt(self.deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `cleanup`."""
        return self._attempt(self.cleanup)

    def _attempt(self, action: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            action()
        except (ConfigError, ValueError, OSError) as error:
            self.failure = error
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS
