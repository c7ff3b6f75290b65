"""The graph in one process: the components of config/graph.yaml, stepped in lockstep for B rows at once.

Time is an integer number of nanoseconds and starts at 0. At each tick the components whose period has come, or whose
trigger was produced at this tick, run in the listed order; each sees the newest message of its inputs. A message from
a component that runs later in the order therefore arrives one tick late. DDS nodes follow the same rules, which is
why a lockstep run over DDS equals this one bit for bit.

A component with an input port named "trial" is reset, with the links of its inputs and outputs, in the rows where
trial_id + (state == ENDED) has changed: the end of a trial resets simulator, tracker and policy once, before the next
trial's first step.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inhand_core.config import read_yaml
from inhand_core.graph_spec import GraphSpec, load_graph, resolve_groups
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.runner import ComponentRunner, LinkChains, build_chains, build_runner, reset_key
from inhand_core.signals import Signal
from inhand_core.times import nanoseconds

__all__ = [
    "ComponentRunner",
    "GraphSpec",
    "InProcessGraph",
    "LinkChains",
    "build_chains",
    "build_runner",
    "known_groups",
    "load_graph",
    "reset_key",
    "resolve_groups",
]

Observer = Callable[[str, int, int, Signal], None]


def known_groups() -> tuple[str, ...]:
    """Randomisation groups of config/randomization.yaml."""
    return tuple(read_yaml(config_file("randomization"))["groups"])


class InProcessGraph:
    """All components of a profile, stepped together.

    Args:
        spec: the profile.
        batch: number of rows B.
        seed: seed of the run; row b draws the same numbers in a batch of any size.
        randomization: "all", "none" or group names, see config/randomization.yaml.
        overrides: single configuration values by component name.
        only: build these components alone (others' topics can be set with `publish`).
        first_row: number of the first row; a batch of one can repeat any row of a larger batch.
    """

    def __init__(
        self,
        spec: GraphSpec,
        batch: int = 1,
        seed: int = 0,
        randomization: str | Iterable[str] = "none",
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        only: Iterable[str] | None = None,
        first_row: int = 0,
    ) -> None:
        self.spec = spec
        self.batch = batch
        self.seeds = row_seeds(seed, batch, first_row)
        self.groups = resolve_groups(randomization, known_groups())
        overrides = overrides or {}
        names = [c.name for c in spec.components if only is None or c.name in set(only)]
        for name in [*overrides, *(only or ())]:
            spec.component(name)
        self.runners = {name: build_runner(spec, name, self.seeds, self.groups, overrides.get(name)) for name in names}
        self.observers: list[Observer] = []
        self.start()

    def start(self) -> None:
        """Back to time 0 with every component reset; random streams go on."""
        self.time_ns = 0
        self.latest: dict[str, Any] = {}  # a `Signal` of the topic's own type
        self.sequence: dict[str, int] = {}
        self._stamp_ns: dict[str, int] = {}
        for runner in self.runners.values():
            runner.start()

    def component(self, name: str) -> Any:
        """The component instance of that name, of its own class."""
        self.spec.component(name)
        return self.runners[name].component

    def publish(self, topic: str, signal: Signal) -> None:
        """Puts a message on a topic at the current time, as its producer would."""
        self.latest[topic] = signal
        self.sequence[topic] = self.sequence.get(topic, -1) + 1
        self._stamp_ns[topic] = self.time_ns
        for observer in self.observers:
            observer(topic, self.sequence[topic], self.time_ns, signal)

    def run_due(self, names: Iterable[str] | None = None) -> dict[str, Signal]:
        """Runs the components due at `time_ns` (of those named), without advancing the time; returns their outputs.

        A component with a trigger is due when its topic has a message of this very time.
        """
        produced: dict[str, Signal] = {}
        for name, runner in self.runners.items():
            spec = runner.spec
            if names is not None and name not in names:
                continue
            due = self._stamp_ns.get(spec.on) == self.time_ns if spec.on else self.time_ns % (spec.period_ns or 1) == 0
            if not due:
                continue
            inputs = {port: self.latest[topic] for port, topic in spec.inputs.items() if topic in self.latest}
            for topic, signal in runner.step(inputs, self.time_ns).items():
                self.publish(topic, signal)
                produced[topic] = signal
        return produced

    def advance(self) -> None:
        """Advances the time by one tick."""
        self.time_ns += self.spec.tick_ns

    def step(self) -> dict[str, Signal]:
        """Runs the components due at `time_ns`, then advances the time by a tick; returns what was produced."""
        produced = self.run_due()
        self.advance()
        return produced

    def run(self, seconds: float) -> None:
        """Steps until `seconds` more have passed."""
        end = self.time_ns + nanoseconds(seconds)
        while self.time_ns < end:
            self.step()

    def save(self) -> Any:
        """A deep copy of the whole graph's state, for `restore`."""
        runners = {name: runner.save() for name, runner in self.runners.items()}
        return copy.deepcopy((self.time_ns, self.latest, self.sequence, self._stamp_ns)), runners

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        (self.time_ns, latest, sequence, stamps), runners = saved
        self.latest, self.sequence, self._stamp_ns = dict(latest), dict(sequence), dict(stamps)
        for name, state in runners.items():
            self.runners[name].restore(state)
