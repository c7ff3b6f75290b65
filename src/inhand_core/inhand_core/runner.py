"""Runs one component: resets it when a trial ends, applies the links of its inputs and outputs, measures its dt."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from inhand_core.component import Component
from inhand_core.config import ConfigError, merge
from inhand_core.graph_spec import (
    ComponentSpec,
    GraphSpec,
    LinkSpec,
    build_component,
    build_links,
)
from inhand_core.link import Link, S
from inhand_core.ports import resolve_class
from inhand_core.signals import Trial, TrialState
from inhand_core.task import Task
from inhand_core.times import NANOSECONDS


def reset_key(trial: Trial) -> np.ndarray:
    """(B,) number that changes when a component must be reset: the end of a trial counts with the next trial."""
    return np.asarray(trial.trial_id) + (np.asarray(trial.state) == TrialState.ENDED)


class LinkChains:
    """Chains of links by name (a topic or a port), each with the time of its last message."""

    def __init__(self, chains: Mapping[str, list[Link]]) -> None:
        self._chains = {name: links for name, links in chains.items() if links}
        self._last_ns: dict[str, int] = {}

    def apply(self, name: str, signal: S, time_ns: int) -> S:
        """The signal after the chain of that name; the signal itself where there is none."""
        if name not in self._chains:
            return signal
        elapsed = (time_ns - self._last_ns.get(name, time_ns)) / NANOSECONDS
        self._last_ns[name] = time_ns
        for link in self._chains[name]:
            signal = link.apply(signal, elapsed)
        return signal

    def check(self, signals: Mapping[str, str]) -> LinkChains:
        """Itself, where each link is for the signal, by name of its class, that `signals` says flows there.

        Raises:
            ConfigError: a link that is for another.
        """
        for name, links in self._chains.items():
            for link in links:
                if link.carries() not in (None, signals[name]):
                    raise ConfigError(f"{name}: {type(link).__name__} is for {link.carries()}, not {signals[name]}")
        return self

    def reset(self, mask: np.ndarray) -> None:
        """Starts a new episode in the rows of `mask` (B,) bool."""
        for link in self.links():
            link.reset(mask)

    def start(self) -> None:
        """Restarts in all rows, at a new time 0."""
        self._last_ns = {}
        for link in self.links():
            link.start()

    def save(self) -> Any:
        """A deep copy of all state, for `restore`."""
        return {name: [link.save() for link in links] for name, links in self._chains.items()}, dict(self._last_ns)

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned."""
        states, last = saved
        self._last_ns = dict(last)
        for name, links in self._chains.items():
            for link, state in zip(links, states[name], strict=True):
                link.restore(state)

    def links(self) -> Iterable[Link]:
        """Every link of every chain."""
        return (link for links in self._chains.values() for link in links)


class ComponentRunner:
    """One component with the links of its inputs and outputs: resets on trial changes, links, steps, links.

    The in-process graph and the ROS nodes both run components through this class.
    """

    def __init__(
        self, spec: ComponentSpec, component: Component, input_links: LinkChains, output_links: LinkChains
    ) -> None:
        self.spec = spec
        self.component = component
        self.input_links = input_links
        self.output_links = output_links
        self._outputs = sorted(component.ports().outputs)
        self._reset_key: np.ndarray | None = None
        self._last_ns: int | None = None

    def reset(self, mask: np.ndarray) -> None:
        """Resets component and links in the rows of `mask` (B,) bool."""
        self.component.reset(mask)
        self.input_links.reset(mask)
        self.output_links.reset(mask)

    def start(self) -> None:
        """Resets everything and forgets the last step's time."""
        self._reset_key, self._last_ns = None, None
        self.component.start()
        self.input_links.start()
        self.output_links.start()

    def step(self, inputs: Mapping[str, Any], time_ns: int) -> dict[str, Any]:
        """Steps the component at `time_ns`; returns its outputs by topic, links applied."""
        if (trial := inputs.get("trial")) is not None:
            key = reset_key(trial)
            if self._reset_key is not None and (changed := key != self._reset_key).any():
                self.reset(changed)
            self._reset_key = key
        seen = {port: self.input_links.apply(port, signal, time_ns) for port, signal in inputs.items()}
        produced = self.component.step(seen, self._elapsed(time_ns))
        if unknown := produced.keys() - self._outputs:
            raise ConfigError(f"{self.spec.name}: it produces {sorted(unknown)}; its outputs are {self._outputs}")
        topics = {self.spec.outputs[port]: signal for port, signal in produced.items() if port in self.spec.outputs}
        return {topic: self.output_links.apply(topic, signal, time_ns) for topic, signal in topics.items()}

    def save(self) -> Any:
        """A deep copy of all state, for `restore`."""
        links = self.input_links.save(), self.output_links.save()
        return self.component.save(), links, copy.deepcopy((self._reset_key, self._last_ns))

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned."""
        component, (input_links, output_links), (self._reset_key, self._last_ns) = saved
        self.component.restore(component)
        self.input_links.restore(input_links)
        self.output_links.restore(output_links)

    def _elapsed(self, time_ns: int) -> float:
        last, self._last_ns = self._last_ns, time_ns
        if self.spec.period_ns is not None:
            return self.spec.period_ns / NANOSECONDS
        return 0.0 if last is None else (time_ns - last) / NANOSECONDS


def build_chains(
    chains: Mapping[str, Iterable[LinkSpec]], seeds: np.ndarray, groups: Iterable[str], task: Task | None = None
) -> LinkChains:
    """Builds the links of each chain whose group is switched on, as the task has them."""
    groups = tuple(groups)
    return LinkChains({name: build_links(links, seeds, groups, task) for name, links in chains.items()})


def build_runner(
    spec: GraphSpec,
    name: str,
    seeds: np.ndarray,
    groups: Iterable[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> ComponentRunner:
    """Builds one component with its links; where its Config has a field `randomization`, that gets the groups."""
    component_spec = spec.component(name)
    values: dict[str, Any] = merge(component_spec.overrides, overrides or {})
    groups = tuple(groups)
    if "randomization" in getattr(resolve_class(component_spec.component).Config, "__dataclass_fields__", {}):
        values.setdefault("randomization", list(groups))
    output_links = {topic: spec.topics[topic].links for topic in component_spec.outputs.values()}
    topics = {name: topic.signal for name, topic in spec.topics.items()}
    ports = {port: topics[topic] for port, topic in component_spec.inputs.items()}
    return ComponentRunner(
        component_spec,
        build_component(component_spec, seeds, values, spec.task),
        build_chains(component_spec.input_links, seeds, groups, spec.task).check(ports),
        build_chains(output_links, seeds, groups, spec.task).check(topics),
    )
