"""One component of config/graph.yaml inside a ROS node: decode, one core call, encode, publish.

Free-running, a component with a period steps on a timer of the node's clock, one with a trigger on its messages, and
each sees the newest messages that have come. In lockstep a step at time t waits until every input has the message
that the in-process graph would see at t, so that both give the same numbers bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.parameter import Parameter

from inhand_core.config import ConfigError
from inhand_core.graph import build_runner, known_groups, load_graph, resolve_groups
from inhand_core.graph_spec import ComponentSpec
from inhand_core.random import row_seeds
from inhand_core.signals import Signal, TrialState
from inhand_core.task import PUBLISHED
from inhand_core.times import NANOSECONDS, nanoseconds
from inhand_ros.codecs import Labels, encode, to_ns
from inhand_ros.diagnostics import Diagnostics
from inhand_ros.inbox import Inbox
from inhand_ros.messages import message_class
from inhand_ros.names import declare_frame_prefix
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.parameters import component_overrides, declare
from inhand_ros.polled import Polled, make_inbox
from inhand_ros.qos import publisher_qos, subscription_qos

KEEP_ALIVE_NS = NANOSECONDS // 4
"""A producer repeats its message on a topic that is published on change when this long has passed."""
DEAD_AFTER_NS = NANOSECONDS
"""A producer that has not done so for this long is taken for dead."""
RESTART_NS = NANOSECONDS // 2
"""Time that goes back by more is a time base that restarted; by less, a message that was overtaken."""


class GraphComponent:
    """What a node that runs one component does; mixed into rclpy's Node or LifecycleNode.

    Attributes:
        spec, component_spec: the graph's profile and this component's entry in it.
        runner, component: the component with its links, and itself.
        lockstep: whether steps wait for exact sequence numbers.
        inboxes: `Inbox` by topic.
        publisher_guards: `PublisherGuard` by topic, which lets one publisher in; none in lockstep.
        labels: what messages carry beyond signals.
        frame_prefix: what the names of the node's frames begin with.
        max_input_age_s: default of the parameter of this name.
    """

    max_input_age_s = 0.25
    changeable: tuple[str, ...] = ()
    """Parameters of the component that may be set again while it is not built: by a node with a lifecycle."""
    runner: Any = None

    def declare_common(self, name: str) -> None:
        """Declares the parameters that every component node has, and reads the graph."""
        profile = declare(self, "profile", "realtime", "profile of config/graph.yaml")
        text = "variant of the task: published, as_before, or choices of config/task.yaml, by commas"
        self.spec = load_graph(profile, task=declare(self, "task", PUBLISHED, text))
        self.component_spec = self.spec.component(name)
        self.lockstep = declare(self, "lockstep", False, "step with the other nodes in lockstep, not in real time")
        self._until_ns = nanoseconds(declare(self, "lockstep_until_s", 0.0, "last step in lockstep [s]; 0: none"))
        self._seed, self.frame_prefix = declare(self, "seed", 0, "seed of the run"), declare_frame_prefix(self)
        text = "all, none, or groups of randomization.yaml, by commas; may change while no trial runs"
        selection = declare(self, "randomization", "none", text, read_only=False)
        self._groups = resolve_groups(selection, known_groups())
        text = "streams older than this, or as far in the future, are withheld from the component [s]; 0: never"
        self._max_age_ns = nanoseconds(declare(self, "max_input_age_s", self.max_input_age_s, text, (0.0, 60.0)))
        self._overrides = component_overrides(self, self.component_spec, self.changeable, self.spec.task)
        self.add_on_set_parameters_callback(self._on_set)

    def setup_component(self) -> None:
        """Builds the component, its publishers and inboxes; overridden to load more."""
        self._overrides |= {name: self.get_parameter(name).value for name in self.changeable}
        self.take_runner(self._make_runner())
        spec = self.component_spec = self._wired_inputs()
        self.labels = replace(self.make_labels(), frame_prefix=self.frame_prefix)
        self._inlets: list[Any] = []
        self._polled: list[Polled] = []
        self._timer: Any = None
        self._stale = dict.fromkeys(spec.inputs, 0)
        self._steps, self._overtaken, self._last_ns = 0, 0, -1
        topics = dict.fromkeys([*spec.inputs.values(), *([spec.on] if spec.on else [])])
        entries = {topic: self.spec.topics[topic] for topic in topics}
        self.inboxes: dict[str, Any] = {
            t: make_inbox(message_class(e.message), e.rate, self.lockstep) for t, e in entries.items()
        }
        self.publisher_guards = {} if self.lockstep else {topic: PublisherGuard(self, topic) for topic in topics}
        self._sequences = dict.fromkeys(spec.outputs.values(), 0)
        self._published: dict[str, tuple[Signal, int]] = {}
        self._outlets = {
            topic: self.create_publisher(
                message_class(self.spec.topics[topic].message),
                topic,
                publisher_qos(self.spec, topic, self.lockstep),
            )
            for topic in spec.outputs.values()
        }
        self.diagnostics = Diagnostics(self, self._report)

    def start_component(self) -> None:
        """Subscribes and starts stepping."""
        self._inlets = [self._subscribe(topic, inbox) for topic, inbox in self.inboxes.items()]
        if self.lockstep:
            self._timer = self.create_timer(0.0, self._begin, clock=Clock(clock_type=ClockType.STEADY_TIME))
        else:
            self.free_run()

    def stop_component(self) -> None:
        """Stops what `start_component` started."""
        for inlet in self._inlets:
            self.destroy_subscription(inlet)
        if self._timer is not None:
            self.destroy_timer(self._timer)
        self._inlets, self._timer, self._polled = [], None, []

    def forget_component(self) -> None:
        """Undoes `setup_component`."""
        for outlet in self._outlets.values():
            self.destroy_publisher(outlet)
        self.diagnostics.close()
        self.runner = None

    def take_runner(self, runner: Any) -> None:
        """Steps `runner` from now on, from its start; overridden where another thread steps."""
        runner.start()
        self.runner, self.component = runner, runner.component

    def free_run(self) -> None:
        """Starts the timer of a component with a period; overridden by nodes that keep their own time."""
        if self.component_spec.period_ns is not None:
            self._timer = self.create_timer(self.component_spec.period_ns / NANOSECONDS, self._on_timer)

    def make_labels(self) -> Labels:
        """The labels of this node's messages; overridden where the component knows better."""
        return Labels(object=getattr(self.component.config, "object", Labels.object))

    def admits(self, topic: str, message: Any) -> bool:
        """Whether a message may be taken at all; overridden where a topic has one owner, or an age."""
        return True

    def is_current(self, topic: str, message: Any) -> bool:
        """Whether the node's clock says that a message is of now: neither too old nor from the future."""
        return not self._too_old(topic, to_ns(message.header.stamp), self.get_clock().now().nanoseconds)

    def before_step(self, inputs: dict[str, Signal], time_ns: int) -> dict[str, Signal] | None:
        """What the component shall see, by port, or None to leave the step out; overridden to treat stale input."""
        return inputs

    def after_step(self, outputs: Mapping[str, Signal], time_ns: int) -> None:
        """Called after each step with what was published, by topic."""

    def report(self, status: Diagnostics) -> None:
        """Adds to the node's diagnostics, once a second."""

    def gather(self, time_ns: int) -> dict[str, Signal]:
        """Newest signal of each input port; absent where none has come, or the newest is of another time."""
        self._take()
        inputs: dict[str, Signal] = {}
        for port, topic in self.component_spec.inputs.items():
            inbox = self.inboxes[topic]
            if inbox.stamp_ns is None:
                continue
            if self._too_old(topic, inbox.stamp_ns, time_ns):
                self._stale[port] += 1
                continue
            inputs[port] = inbox.signal()
        return inputs

    def run_step(self, time_ns: int) -> dict[str, Signal]:
        """Steps the component at `time_ns` and publishes its outputs; returns them by topic.

        A time just before that of the last step comes from a message that was overtaken, and is left out.
        """
        if time_ns < self._last_ns - RESTART_NS:
            self.get_logger().warning(f"time went back by {(self._last_ns - time_ns) / NANOSECONDS:.3f} s: restarting")
            self.runner.start()
        elif time_ns < self._last_ns:
            self._overtaken += 1
            return {}
        self._last_ns = time_ns
        inputs = self.before_step(self.gather(time_ns), time_ns)
        if inputs is None:
            return {}
        outputs = self.runner.step(inputs, time_ns)
        for topic, signal in outputs.items():
            self.publish(topic, signal, time_ns)
        self._steps += 1
        self.after_step(outputs, time_ns)
        return outputs

    def publish(self, topic: str, signal: Signal, time_ns: int) -> None:
        """Publishes a signal stamped `time_ns`.

        Where the topic says `on_change`, an unchanged one is left out, except once every `KEEP_ALIVE_NS`: by that the
        consumers know that the producer lives.
        """
        if self.spec.topics[topic].on_change and not self.lockstep:
            before, then_ns = self._published.get(topic, (None, 0))
            if _equal(before, signal) and 0 <= time_ns - then_ns < KEEP_ALIVE_NS:
                return
            self._published[topic] = (signal, time_ns)
        self._outlets[topic].publish(encode(signal, time_ns, self._sequences[topic], self.labels))
        self._sequences[topic] += 1

    def _wired_inputs(self) -> ComponentSpec:
        """This component's entry in the graph, without the inputs that it does not look at."""
        spec, unused = self.spec.component(self.component_spec.name), self.component.unused()
        inputs, links = (
            {port: entry for port, entry in entries.items() if port not in unused}
            for entries in (spec.inputs, spec.input_links)
        )
        return replace(spec, inputs=inputs, input_links=links)

    def _make_runner(self) -> Any:
        seeds = row_seeds(self._seed, 1)
        return build_runner(self.spec, self.component_spec.name, seeds, self._groups, self._overrides)

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        """Lets parameters change where that is safe: the component's while it is not built, links between trials."""
        try:
            for parameter in parameters:
                if parameter.name in self.changeable and self.runner is not None:
                    raise ConfigError(f"{parameter.name} can be set while the node is unconfigured")
                if parameter.name == "randomization":
                    self._randomize(parameter.value)
        except (ConfigError, TimeoutError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _randomize(self, selection: str) -> None:
        groups = resolve_groups(selection, known_groups())
        trial = None
        if self.runner is not None and "trial" in self.inboxes:
            self._take()
            trial = self.inboxes["trial"].signal()
        if self.lockstep or (trial is not None and int(trial.state[0]) == TrialState.RUNNING):
            raise ConfigError("randomization can be set while no trial runs, and not in lockstep")
        self._groups = groups
        if self.runner is not None:
            self.take_runner(self._make_runner())

    def _subscribe(self, topic: str, inbox: Inbox) -> Any:
        kind, qos = message_class(self.spec.topics[topic].message), subscription_qos(self.spec, topic, self.lockstep)
        if self._woken_by_timer():
            self._polled.append(Polled(self, kind, topic, qos, inbox, self.publisher_guards[topic]))
            return self._polled[-1].subscription
        return self.create_subscription(kind, topic, self._receiver(topic, inbox), qos)

    def _woken_by_timer(self) -> bool:
        return not self.lockstep and self.component_spec.on is None and type(self).free_run is GraphComponent.free_run

    def _take(self) -> None:
        for polled in self._polled:
            polled.take()

    def _receiver(self, topic: str, inbox: Inbox) -> Any:
        """A callback that says whether it took the message."""
        guard = self.publisher_guards.get(topic)

        def receive(message: Any, info: Any) -> bool:
            if not self.admits(topic, message) or not (guard is None or guard.admits_message(info)):
                return False
            inbox.put(message)
            if self.lockstep:
                self._advance()
            elif topic == self.component_spec.on:
                self.run_step(to_ns(message.header.stamp))
            return True

        return receive

    def _on_timer(self) -> None:
        self.run_step(self.get_clock().now().nanoseconds)

    def _begin(self) -> None:
        self._timer.cancel()
        self._advance()

    def _advance(self) -> None:
        """Runs every lockstep step whose inputs are there."""
        while (time_ns := self._due()) is not None:
            for topic, inbox in self.inboxes.items():
                inbox.select(self._needed(topic, time_ns))
            self.run_step(time_ns)

    def _due(self) -> int | None:
        spec = self.component_spec
        time_ns = self._steps * spec.period_ns if spec.on is None else self.inboxes[spec.on].first_waiting_ns()
        if time_ns is None or (self._until_ns and time_ns >= self._until_ns):
            return None
        ready = all(inbox.has(self._needed(topic, time_ns)) for topic, inbox in self.inboxes.items())
        return time_ns if ready else None

    def _needed(self, topic: str, time_ns: int) -> int:
        return self.spec.needed_sequence(self.component_spec.name, topic, time_ns)

    def _too_old(self, topic: str, stamp_ns: int, time_ns: int) -> bool:
        if self.lockstep or not self._max_age_ns:
            return False
        limit = DEAD_AFTER_NS if self.spec.topics[topic].on_change else self._max_age_ns
        return abs(time_ns - stamp_ns) > limit

    def _report(self, status: Diagnostics) -> None:
        self._take()
        status.add("steps", self._steps)
        status.add("steps left out: overtaken", self._overtaken)
        for topic, inbox in self.inboxes.items():
            status.add(f"{topic} received", inbox.counter.received)
            status.add(f"{topic} lost", inbox.counter.lost)
            if inbox.counter.received == 0:
                status.warn(f"nothing received on {topic}")
        for guard in self.publisher_guards.values():
            guard.report(status)
        for port, count in self._stale.items():
            status.add(f"{port} withheld as of another time", count)
        self.report(status)


def _equal(a: Signal | None, b: Signal) -> bool:
    return a is not None and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in vars(b))
