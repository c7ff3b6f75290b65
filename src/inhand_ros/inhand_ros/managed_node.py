"""A lifecycle node that brings itself up, for nodes with or without a component of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from inhand_core.config import ConfigError
from inhand_ros.parameters import declare

_SUCCESS = TransitionCallbackReturn.SUCCESS


class ManagedNode(LifecycleNode):
    """A lifecycle node whose transitions are plain methods: `configure`, `activate`, `deactivate`, `cleanup`.

    A method that raises ConfigError, ValueError or OSError fails its transition, with the message in the log. With the
    parameter `autostart`, the default, `bring_up` configures and activates the node; call it at the end of the
    constructor. `shutdown` and an error deactivate and clean up, as far as the state needs it: a node that has ended
    neither listens, publishes nor drives anything.

    Attributes:
        failure: why the last transition that failed did.
        configured, active: whether `cleanup`, and before it `deactivate`, have something to undo.
        at_shutdown: called last when the node is shut down, by who speaks for it outside of these methods.
    """

    failure: Exception = ConfigError("not configured")
    configured = active = False

    def __init__(self, name: str, **options: Any) -> None:
        LifecycleNode.__init__(self, name, **options)
        self.at_shutdown: list[Callable[[], None]] = []
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
            if transition() != _SUCCESS:
                raise self.failure

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `configure`."""
        result = self._attempt(self.configure)
        self.configured = result == _SUCCESS
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `activate`."""
        result = self._attempt(self.activate)
        self.active = result == _SUCCESS
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `deactivate`."""
        self.active = False
        return self._attempt(self.deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs `cleanup`."""
        self.configured = False
        return self._attempt(self.cleanup)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs what is left of `deactivate` and `cleanup`, then `at_shutdown`."""
        try:
            return self._wind_down(state)
        finally:
            for silence in self.at_shutdown:
                silence()

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Runs what is left of `deactivate` and `cleanup`; the node can then be configured again."""
        return self._wind_down(state)

    def _wind_down(self, state: LifecycleState) -> TransitionCallbackReturn:
        deactivated = cleaned = _SUCCESS
        try:
            if self.active:
                deactivated = self.on_deactivate(state)
        finally:  # the more is left, the more has to go
            if self.configured:
                cleaned = self.on_cleanup(state)
        return cleaned if deactivated == _SUCCESS else deactivated

    def _attempt(self, action: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            action()
        except (ConfigError, ValueError, OSError) as error:
            self.failure = error
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        return _SUCCESS
