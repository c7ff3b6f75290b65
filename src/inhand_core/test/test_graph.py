"""The in-process executor: order, triggers, feedback one tick late, resets on trial changes, save and restore."""

from dataclasses import dataclass, field
from typing import Annotated, TypedDict

import numpy as np
import pytest

from inhand_core import graph_spec
from inhand_core.component import Component
from inhand_core.config import ConfigError, load_config
from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.graph_spec import GraphSpec, resolve_groups
from inhand_core.link import Link
from inhand_core.ports import OPTIONAL, Inputs
from inhand_core.signals import EndReason, MotorCommands, Trial, TrialState


@dataclass(frozen=True)
class NoConfig:
    offset: float = 0.0


@dataclass
class Count:
    value: np.ndarray
    resets: np.ndarray
    seen: list = field(default_factory=list)


CounterInputs = TypedDict("CounterInputs", {"in": MotorCommands, "trial": Annotated[Trial, OPTIONAL]}, total=False)


class CounterOutputs(TypedDict):
    out: MotorCommands


class RefereeOutputs(TypedDict):
    out: Trial


class Counter(Component[CounterInputs, CounterOutputs]):
    """Publishes its step count as a torque and remembers what it saw."""

    Config = NoConfig

    def __init__(self, config, seeds):
        super().__init__(config, seeds)
        self.state = Count(np.zeros(self.batch), np.zeros(self.batch, int))

    def reset(self, mask):
        self.state.value = np.where(mask, 0.0, self.state.value)
        self.state.resets = self.state.resets + mask

    def step(self, inputs, dt):
        self.state.seen.append({**{k: v.torque[0, 0] for k, v in inputs.items() if k == "in"}, "dt": dt})
        out = self.state.value + self.config.offset + 0.0 * self.random.uniform()
        self.state.value = self.state.value + 1.0
        return {"out": MotorCommands(np.repeat(out[:, None], 20, axis=1))}


class Referee(Component[Inputs, RefereeOutputs]):
    """Ends the trial of odd rows at every fourth step."""

    Config = NoConfig

    def __init__(self, config, seeds):
        super().__init__(config, seeds)
        self.state = Count(np.zeros(self.batch, int), np.zeros(self.batch, int))

    def reset(self, mask):
        self.state.value = np.where(mask, 0, self.state.value)

    def step(self, inputs, dt):
        n = self.state.value
        self.state.value = n + 1
        odd = np.arange(self.batch) % 2 == 1
        ended = odd & (n % 4 == 3)
        trial = np.where(odd, n // 4, 0)
        state = np.where(ended, TrialState.ENDED, TrialState.RUNNING)
        return {"out": Trial(trial, n * 0, state, np.where(ended, EndReason.DROPPED, EndReason.NONE))}


class Tripler(Link):
    Config = NoConfig

    def reset(self, mask):
        pass

    def apply(self, signal, dt):
        return MotorCommands(3.0 * signal.torque)


def spec(**second) -> GraphSpec:
    here = __name__
    topic = {"signal": "MotorCommands", "message": "x/msg/Y", "rate": 100}
    return load_config(
        GraphSpec,
        {
            "name": "test",
            "tick_ms": 5,
            "components": [
                {
                    "name": "a",
                    "component": f"{here}:Counter",
                    "node": "n",
                    "every_ms": 10,
                    "inputs": {"in": "b", "trial": "t"},
                    "outputs": {"out": "a"},
                },
                {
                    "name": "b",
                    "component": f"{here}:Counter",
                    "node": "n",
                    "on": "a",
                    "inputs": {"in": "a"},
                    "outputs": {"out": "b"},
                    **second,
                },
                {
                    "name": "t",
                    "component": f"{here}:Referee",
                    "node": "n",
                    "every_ms": 10,
                    "inputs": {},
                    "outputs": {"out": "t"},
                },
            ],
            "topics": {"a": topic, "b": topic, "t": {**topic, "signal": "Trial"}},
        },
    )


@pytest.fixture(autouse=True)
def no_groups(monkeypatch):
    monkeypatch.setattr("inhand_core.graph.known_groups", lambda: ("physics", "noise"))


def test_order_trigger_and_feedback():
    graph = InProcessGraph(spec(overrides={"offset": 100.0}), batch=2)
    graph.run(0.04)
    a, b = graph.component("a").state, graph.component("b").state
    assert [s.get("in") for s in a.seen] == [None, 100.0, 101.0, 102.0]  # feedback: b's last message
    assert [s["in"] for s in b.seen] == [0.0, 1.0, 2.0, 3.0]  # same tick
    assert [s["dt"] for s in b.seen] == [0.0, 0.01, 0.01, 0.01]
    assert graph.sequence == {"a": 3, "b": 3, "t": 3}
    assert graph.time_ns == 40_000_000


def test_end_of_a_trial_resets_once_and_only_its_rows():
    graph = InProcessGraph(spec(), batch=2)
    graph.run(0.2)  # the referee ends row 1 at its steps 3, 7, 11, 15, 19
    resets = graph.component("a").state.resets
    assert resets.tolist() == [1, 1 + 4]  # once at the start; step 19 is seen at step 20
    assert graph.component("a").state.value.tolist() == [20.0, 4.0]


def test_links_run_at_the_producer_when_their_group_is_on(monkeypatch):
    monkeypatch.setattr(graph_spec, "read_yaml", lambda path: {"triple": {}})
    base = spec()
    link = graph_spec.LinkSpec(f"{__name__}:Tripler", "triple", "noise")
    topics = {**base.topics, "a": load_config(graph_spec.TopicSpec, {**vars(base.topics["a"]), "links": (link,)})}
    base = load_config(GraphSpec, {"name": "l", "tick_ms": 5, "components": base.components, "topics": topics})
    for groups, factor in (("none", 1.0), ("noise", 3.0), ("physics", 1.0), ("all", 3.0)):
        graph = InProcessGraph(base, batch=1, randomization=groups)
        graph.run(0.03)
        assert graph.latest["a"].torque[0, 0] == 2.0 * factor


def test_input_links_are_seen_by_their_consumer_alone(monkeypatch):
    monkeypatch.setattr(graph_spec, "read_yaml", lambda path: {"triple": {}})
    link = {"component": f"{__name__}:Tripler", "section": "triple", "group": "noise"}
    for groups, factor in (("none", 1.0), ("noise", 3.0)):
        graph = InProcessGraph(spec(input_links={"in": [link]}), batch=1, randomization=groups)
        graph.run(0.03)
        assert [s["in"] for s in graph.component("b").state.seen] == [0.0, factor, 2.0 * factor]
        assert graph.latest["a"].torque[0, 0] == 2.0
    with pytest.raises(ConfigError, match=r"unknown ports \['nope'\]"):
        spec(input_links={"nope": [link]})


def test_restore_repeats_bit_for_bit():
    graph = InProcessGraph(spec(), batch=3)
    graph.run(0.05)
    saved = graph.save()
    records = []
    for _ in range(2):
        graph.restore(saved)
        log = []
        graph.observers = [lambda topic, seq, t, signal, log=log: log.append((topic, seq, t, repr(signal)))]
        graph.run(0.1)
        records.append(log)
    assert records[0] == records[1] and len(records[0]) == 30


def test_wiring_errors_name_the_culprit():
    with pytest.raises(ConfigError, match="unknown topics"):
        spec(inputs={"in": "nowhere"})
    with pytest.raises(ConfigError, match="two producers"):
        spec(outputs={"out": "a"})
    with pytest.raises(ConfigError, match="exactly one"):
        spec(every_ms=5)
    with pytest.raises(ConfigError, match=r"unknown component 'z'.*'a', 'b', 't'"):
        InProcessGraph(spec(), overrides={"z": {}})
    with pytest.raises(ConfigError, match="unknown signal"):
        load_config(graph_spec.TopicSpec, {"signal": "Nope", "message": "", "rate": 1})


def test_groups():
    assert resolve_groups("all", ("a", "b")) == ("a", "b")
    assert resolve_groups("none", ("a", "b")) == ()
    assert resolve_groups("b,a", ("a", "b")) == ("a", "b")
    with pytest.raises(ConfigError, match=r"unknown randomization \['c'\].*'a', 'b'"):
        resolve_groups(["c"], ("a", "b"))


@pytest.mark.parametrize("profile", ["realtime", "training"])
def test_the_shipped_graph_loads(profile):
    graph = load_graph(profile)
    assert graph.producers["hand/action"] == "smoother"
    assert graph.is_feedback("sim", "trial")
    assert not graph.is_feedback("policy", "goal")
    with pytest.raises(ConfigError, match="realtime"):
        load_graph("nope")


def test_newest_sequence_counts_from_time_zero():
    graph = load_graph("realtime")
    assert graph.newest_sequence("mocap/markers", 0) == 0
    assert graph.newest_sequence("mocap/markers", 80_000_000) == 19  # 0.08 s x 240 Hz = 19.2
    assert graph.newest_sequence("object/pose", 80_000_000) == 6
    assert graph.needed_sequence("sim", "hand/motor_commands", 0) == -1
    assert graph.needed_sequence("sim", "hand/motor_commands", 5_000_000) == 0
    assert graph.needed_sequence("controller", "hand/action", 80_000_000) == 1
