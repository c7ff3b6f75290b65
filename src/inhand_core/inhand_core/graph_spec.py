"""The wiring, as read from config/graph.yaml: who produces what, when, and who listens."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from inhand_core.component import Component
from inhand_core.config import ConfigError, load_config, merge, read_yaml
from inhand_core.link import Link
from inhand_core.paths import config_file
from inhand_core.ports import Port, find_ports, resolve_class
from inhand_core.signals import OWN_SIGNALS, SIGNALS, add_signal
from inhand_core.task import PUBLISHED, Task, load_task
from inhand_core.times import NANOSECONDS

LOCKSTEP_DEPTH = 5000
"""Depth of every topic in lockstep, 20 s of the fastest: an observer may be discovered late, or fall behind."""


@dataclass(frozen=True)
class LinkSpec:
    """A link on a topic: class as "module:Class", its section of randomization.yaml, the group that switches it."""

    component: str
    section: str
    group: str


@dataclass(frozen=True)
class TopicSpec:
    """A topic: signal type, message type "package/msg/Name", rate [Hz], QoS.

    A signal of another package is named "module:Class".

    With `on_change` the free-running graph publishes only what differs from the last message; in lockstep every
    topic appears at its rate.
    """

    signal: str
    message: str
    rate: float
    qos: str = "reliable"
    depth: int = 10
    on_change: bool = False
    links: tuple[LinkSpec, ...] = ()

    def __post_init__(self) -> None:
        if ":" in self.signal:
            object.__setattr__(self, "signal", _foreign_signal(self.signal))
        if self.signal not in SIGNALS:
            raise ConfigError(f"unknown signal {self.signal!r}; known {sorted(SIGNALS)}, or 'module:Class'")
        if self.qos not in ("reliable", "sensor", "latched"):
            raise ConfigError(f"unknown qos {self.qos!r}; known ['latched', 'reliable', 'sensor']")
        if not self.rate > 0:
            raise ConfigError(f"rate must be > 0 Hz, is {self.rate}")
        if self.depth < 1:
            raise ConfigError(f"depth must be >= 1, is {self.depth}")

    @property
    def publisher_depth(self) -> int:
        """How many messages its producer keeps: a stream's last second, or `depth` where that is more."""
        return self.depth if self.qos == "latched" else max(self.depth, math.ceil(self.rate))


def _foreign_signal(path: str) -> str:
    cls = resolve_class(path)
    try:
        add_signal(cls)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return cls.__name__


@dataclass(frozen=True)
class ComponentSpec:
    """A component: class as "module:Class", configuration file in config/, when it steps, and its ports.

    Exactly one of `every_ms` (a period) and `on` (a topic whose messages trigger it).
    `input_links` are what this consumer alone sees of a port, such as observation noise on a policy's inputs.
    `overrides` are single values on top of the configuration file, for what differs between profiles.
    `node` says which executable runs it over DDS, as "package/executable".
    """

    name: str
    component: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    node: str
    config: str | None = None
    every_ms: float | None = None
    on: str | None = None
    input_links: dict[str, tuple[LinkSpec, ...]] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.every_ms is None) == (self.on is None):
            raise ConfigError(f"component {self.name!r}: give exactly one of ['every_ms', 'on']")
        if unknown := sorted(set(self.input_links) - set(self.inputs)):
            raise ConfigError(f"component {self.name!r}: links on unknown ports {unknown}; known {sorted(self.inputs)}")

    @property
    def period_ns(self) -> int | None:
        """Period [ns]; None where messages trigger it."""
        return None if self.every_ms is None else round(self.every_ms * 1e6)


@dataclass(frozen=True)
class GraphSpec:
    """One profile of config/graph.yaml in a variant of the task. Components run in the listed order within a tick."""

    name: str
    tick_ms: float
    components: tuple[ComponentSpec, ...]
    topics: dict[str, TopicSpec]
    task: Task = field(default_factory=Task)
    producers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        producers: dict[str, str] = {}
        for component in self.components:
            used = [*component.inputs.values(), *component.outputs.values(), *([component.on] if component.on else [])]
            if unknown := sorted(set(used) - set(self.topics)):
                raise ConfigError(
                    f"component {component.name!r}: unknown topics {unknown}; produced in this profile are "
                    f"{sorted(self.topics)}"
                )
            for topic in component.outputs.values():
                if topic in producers:
                    raise ConfigError(f"topic {topic!r} has two producers: {producers[topic]!r}, {component.name!r}")
                producers[topic] = component.name
            if component.period_ns is not None and component.period_ns % self.tick_ns:
                raise ConfigError(f"component {component.name!r}: {component.every_ms} ms is no multiple of the tick")
        if orphans := sorted(set(self.topics) - set(producers)):
            raise ConfigError(f"profile {self.name!r}: topics without a producer {orphans}")
        object.__setattr__(self, "producers", producers)
        for component in self.components:
            self._check_ports(component)

    def _check_ports(self, component: ComponentSpec) -> None:
        """Compares what is wired with the ports that the component's class names, where that is installed."""
        if (ports := find_ports(component.component)) is None:
            return
        wired = component.inputs
        if ports.further:
            own = {port for port, topic in wired.items() if self.topics[topic].signal in OWN_SIGNALS}
            wired = {port: topic for port, topic in wired.items() if port in ports.inputs or port in own}
        self._check_wires(component, "input", wired, ports.inputs)
        self._check_wires(component, "output", component.outputs, ports.outputs)
        needed = {port for port, entry in ports.inputs.items() if not entry.optional}
        if unwired := sorted(needed - set(component.inputs)):
            raise ConfigError(
                f"component {component.name!r}: inputs {unwired} are not wired; it needs {sorted(needed)}, "
                f"wired are {sorted(component.inputs)}"
            )
        if component.on is not None and component.on not in component.inputs.values():
            raise ConfigError(
                f"component {component.name!r}: on {component.on!r}, which is none of its inputs; "
                f"those are {sorted(component.inputs.values())}"
            )

    def _check_wires(
        self, component: ComponentSpec, kind: str, wires: Mapping[str, str], ports: Mapping[str, Port]
    ) -> None:
        if unknown := sorted(set(wires) - set(ports)):
            raise ConfigError(f"component {component.name!r}: unknown {kind}s {unknown}; known {sorted(ports)}")
        for port, topic in wires.items():
            wanted, carried = ports[port].signal, self.topics[topic].signal
            if wanted != carried:
                fit = sorted(name for name, entry in self.topics.items() if entry.signal == wanted)
                raise ConfigError(
                    f"component {component.name!r}: {kind} {port!r} is {wanted}, but topic {topic!r} carries "
                    f"{carried}; topics of {wanted}: {fit}"
                )

    @property
    def tick_ns(self) -> int:
        """Length of a tick [ns]."""
        return round(self.tick_ms * 1e6)

    def component(self, name: str) -> ComponentSpec:
        """The component of that name.

        Raises:
            ConfigError: there is none; the message lists the names.
        """
        for component in self.components:
            if component.name == name:
                return component
        raise ConfigError(f"unknown component {name!r}; known {[c.name for c in self.components]}")

    def is_feedback(self, consumer: str, topic: str) -> bool:
        """Whether the topic's producer runs at or after its consumer within a tick, so that it arrives a tick late."""
        order = [component.name for component in self.components]
        return order.index(self.producers[topic]) >= order.index(consumer)

    def newest_sequence(self, topic: str, time_ns: int) -> int:
        """Sequence number of the newest message of `topic` at `time_ns`; -1 before the first.

        A topic of rate r has message n at the first tick >= n / r, numbered from 0 at time 0. DDS lockstep waits
        for exactly this one.
        """
        if time_ns < 0:
            return -1
        return int(time_ns * Fraction(self.topics[topic].rate).limit_denominator(1000) // NANOSECONDS)

    def needed_sequence(self, consumer: str, topic: str, time_ns: int) -> int:
        """Sequence that `consumer` must have of `topic` before its step at `time_ns`; -1: none yet."""
        late = self.tick_ns if self.is_feedback(consumer, topic) else 0
        return self.newest_sequence(topic, time_ns - late)


def load_topics(path: str | Path | None = None) -> dict[str, TopicSpec]:
    """The topics of config/graph.yaml by name, as they are before a profile changes any."""
    path = Path(path or config_file("graph"))
    raw = read_yaml(path).get("topics", {})
    return {name: load_config(TopicSpec, entry, f"{path.name}:topics.{name}") for name, entry in raw.items()}


def load_graph(profile: str, path: str | Path | None = None, task: str | Iterable[str] = PUBLISHED) -> GraphSpec:
    """Reads one profile of config/graph.yaml and checks it against the ports that its components name.

    Args:
        profile: its name.
        path: another file.
        task: variant of the task, see `load_task`; what is built from the graph is of this variant.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    path = Path(path or config_file("graph"))
    variant = Task() if task == PUBLISHED else load_task(task)
    raw = variant.over("graph", read_yaml(path))
    profiles = raw.get("profiles", {})
    if profile not in profiles:
        raise ConfigError(f"unknown graph profile {profile!r}; known {sorted(profiles)}")
    chosen = profiles[profile]
    components = [{"name": name, **entry} for name, entry in chosen["components"].items()]
    names = {topic for entry in components for topic in entry.get("outputs", {}).values()}
    topics = {**raw["topics"]}
    for topic, change in chosen.get("topics", {}).items():
        topics[topic] = {**topics.get(topic, {}), **change}
    return load_config(
        GraphSpec,
        {
            "name": profile,
            "tick_ms": chosen["tick_ms"],
            "components": components,
            "topics": {name: topic for name, topic in topics.items() if name in names},
            "task": variant,
        },
        f"{path.name}:{profile}",
    )


def resolve_groups(selection: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Randomisation groups of a selection: "all", "none", one group, or several (a list, or joined by commas).

    Raises:
        ConfigError: an unknown group; the message lists the known ones.
    """
    known = tuple(known)
    chosen = tuple(s.strip() for s in selection.split(",")) if isinstance(selection, str) else tuple(selection)
    if chosen == ("all",):
        return known
    if chosen in (("none",), (), ("",)):
        return ()
    if unknown := sorted(set(chosen) - set(known)):
        raise ConfigError(f"unknown randomization {unknown}; known ['all', 'none', {', '.join(map(repr, known))}]")
    return tuple(group for group in known if group in chosen)


def build_component(
    spec: ComponentSpec, seeds: Any, overrides: Mapping[str, Any] | None = None, task: Task | None = None
) -> Component:
    """Builds a component from its configuration file, as the task has it, and overrides of single values."""
    cls = resolve_class(spec.component)
    raw = (task or Task()).over(spec.config, read_yaml(config_file(spec.config))) if spec.config else {}
    return cls(load_config(cls.Config, merge(raw, overrides or {}), spec.config or spec.name), seeds)


def build_links(specs: Iterable[LinkSpec], seeds: Any, groups: Iterable[str], task: Task | None = None) -> list[Link]:
    """Builds the links whose group is switched on, in order, as the task has them."""
    groups = set(groups)
    chosen = [link for link in specs if link.group in groups]
    sections = read_yaml(config_file("randomization")) if chosen else {}
    sections = (task or Task()).over("randomization", sections)
    links = []
    for link in chosen:
        if link.section not in sections:
            raise ConfigError(f"link {link.component}: no section {link.section!r}; known {sorted(sections)}")
        cls = resolve_class(link.component)
        where = f"randomization.yaml:{link.section}"
        links.append(cls(load_config(cls.Config, sections[link.section], where), seeds))
    return links
