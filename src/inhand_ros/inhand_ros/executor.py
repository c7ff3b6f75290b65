"""An executor for nodes with a fixed set of entities and hundreds of messages a second.

rclpy's SingleThreadedExecutor rebuilds its wait set and makes a task for every callback, which costs more than the
callbacks of this graph themselves. This one keeps the wait set until an entity appears or goes, and calls
subscriptions and timers directly; everything rarer (services, events, parameters) takes the ordinary way.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.executors import TimeoutException as NothingReady
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.subscription import Subscription

_BURST = 20  # messages of one topic before the others' turn


class SteadyExecutor(SingleThreadedExecutor):
    """SingleThreadedExecutor with a wait set that is kept between callbacks."""

    _stopping = False

    def spin(self) -> None:
        """Runs callbacks until `stop` or shutdown.

        Raises:
            ExternalShutdownException: somebody shut the context down.
        """
        while self._going():
            with _Waiter(self.get_nodes(), [g for g in (self._guard, self._sigint_gc) if g], self._context) as waiter:
                while waiter.current() and self._going():
                    self._run(waiter)
        if not self._context.ok():
            raise ExternalShutdownException

    def stop(self) -> None:
        """Lets `spin` return, between two callbacks; for any thread."""
        self._stopping = True
        self.wake()

    def _going(self) -> bool:
        return self._context.ok() and not self._is_shutdown and not self._stopping

    def _run(self, waiter: _Waiter) -> None:
        try:
            if waiter.wait_and_run():
                self._run_rare()
        except RuntimeError:
            if self._context.ok():  # else a signal shut the context down while messages were being taken
                raise

    def _run_rare(self) -> None:
        """Lets rclpy's own executor run all that is ready now."""
        try:
            while True:
                handler, _, _ = self.wait_for_ready_callbacks(timeout_sec=0.0)
                handler()
                if handler.exception() is not None:
                    raise handler.exception()
        except NothingReady:
            return


class _Waiter:
    """A wait set over all entities of some nodes."""

    def __init__(self, nodes: list[Node], guards: list[Any], context: Any) -> None:
        self._nodes = nodes
        self._key = self._entities()
        self._context = context
        self._subscriptions, self._timers, self._clients, self._services, self._waitables = (
            [e for node in nodes for e in getattr(node, kind) if e.callback_group.can_execute(e)]
            for kind in ("subscriptions", "timers", "clients", "services", "waitables")
        )
        self._guards = [guard for node in nodes for guard in node.guards] + guards
        self._stack = ExitStack()

    def __enter__(self) -> _Waiter:
        plain = (self._subscriptions, self._guards, self._timers, self._clients, self._services)
        for entity in [e for kind in plain for e in kind]:
            self._stack.enter_context(entity.handle)
        for entity in [*self._waitables, self._context.handle]:
            self._stack.enter_context(entity)
        counts = [len(kind) for kind in plain] + [0]
        for waitable in self._waitables:
            needs = waitable.get_num_entities()
            names = ("subscriptions", "guard_conditions", "timers", "clients", "services", "events")
            counts = [count + getattr(needs, f"num_{name}") for count, name in zip(counts, names, strict=True)]
        self._set = _rclpy.WaitSet(*counts, self._context.handle)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def current(self) -> bool:
        """Whether the nodes still have the entities that this was made for."""
        return self._entities() == self._key

    def wait_and_run(self) -> bool:
        """Waits, runs timers and subscriptions that are ready; returns whether anything else is."""
        ready = self._set
        self._fill()
        ready.wait(-1)
        if not self._context.ok():
            return False
        timers, messages = (set(ready.get_ready_entities(kind)) for kind in ("timer", "subscription"))
        rare = self._rare_ready()
        for timer in self._timers:
            if timer.handle.pointer in timers and timer.handle.is_timer_ready():
                timer.handle.call_timer()
                timer.callback()
        for subscription in self._subscriptions:
            if subscription.handle.pointer in messages:
                _take(subscription)
        return rare

    def _fill(self) -> None:
        self._set.clear_entities()
        for subscription in self._subscriptions:
            self._set.add_subscription(subscription.handle)
        for guard in self._guards:
            self._set.add_guard_condition(guard.handle)
        for timer in self._timers:
            self._set.add_timer(timer.handle)
        for client in self._clients:
            self._set.add_client(client.handle)
        for service in self._services:
            self._set.add_service(service.handle)
        for waitable in self._waitables:
            waitable.add_to_wait_set(self._set)

    def _rare_ready(self) -> bool:
        triggered = set(self._set.get_ready_entities("guard_condition"))
        for guard in self._guards:
            if guard.handle.pointer in triggered:
                guard.trigger()  # waiting has cleared it; rclpy's executor shall still see it
        events = any([waitable.is_ready(self._set) for waitable in self._waitables])
        return events or bool(triggered) or any(self._set.get_ready_entities(k) for k in ("client", "service"))

    def _entities(self) -> list[int]:
        kinds = ("subscriptions", "timers", "clients", "services", "waitables", "guards")
        return [id(entity) for node in self._nodes for kind in kinds for entity in getattr(node, kind)]


def _take(subscription: Subscription) -> None:
    """Calls back for every message that waits: a node that was held up catches up at once."""
    for _ in range(_BURST):
        taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        if taken is None:
            return
        if subscription._callback_type is Subscription.CallbackType.MessageOnly:
            subscription.callback(taken[0])
        else:
            subscription.callback(*taken)
