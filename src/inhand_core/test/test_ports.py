"""Ports as data: what a class names, and a graph that does not fit it is an error that says where and what would."""

from typing import Annotated, Any, Required, TypedDict

import numpy as np
import pytest
from test_graph import NoConfig, Tripler

from inhand_core.component import Component
from inhand_core.config import ConfigError, load_config
from inhand_core.graph import build_runner
from inhand_core.graph_spec import GraphSpec
from inhand_core.link import Link
from inhand_core.ports import FURTHER, OPTIONAL, Inputs, Port, Ports, find_ports
from inhand_core.random import row_seeds
from inhand_core.signals import Markers, MotorCommands, Trial


class MixerInputs(Inputs, total=False):
    markers: Required[Markers]
    torque: MotorCommands
    extra: Annotated[MotorCommands, OPTIONAL]


class MixerOutputs(TypedDict, total=False):
    torque: MotorCommands


class Mixer(Component[MixerInputs, MixerOutputs]):
    Config = NoConfig

    def reset(self, mask):
        pass

    def step(self, inputs, dt):
        return {"torque": MotorCommands(np.zeros((self.batch, 20)))}


class Chatty(Mixer):
    def step(self, inputs, dt):
        return {"tork": MotorCommands(np.zeros((self.batch, 20)))}


class Camera(Component[Inputs, TypedDict("CameraOutputs", {"markers": Markers})]):
    Config = NoConfig

    def reset(self, mask):
        pass

    def step(self, inputs, dt):
        return {"markers": Markers(np.zeros((self.batch, 1, 3)), np.ones((self.batch, 1)))}


class Silent(Component):
    Config = NoConfig
    reset = step = None


class Odd(Component[Inputs, TypedDict("OddOutputs", {"number": int})]):
    Config = NoConfig
    reset = step = None


def graph(**mixer: Any) -> GraphSpec:
    topic = {"message": "x/msg/Y", "rate": 100}
    wires = {
        "component": f"{__name__}:Mixer",
        "inputs": {"markers": "m", "torque": "t"},
        "outputs": {"torque": "t"},
        "on": "m",
        **mixer,
    }
    camera = {"name": "camera", "component": f"{__name__}:Camera", "node": "n", "every_ms": 10, "inputs": {}}
    second = {**camera, "name": "second", "outputs": {"markers": "m2"}}
    markers = {**topic, "signal": "Markers"}
    raw = {
        "name": "test",
        "tick_ms": 5,
        "components": [{**camera, "outputs": {"markers": "m"}}, second, {"name": "mixer", "node": "n", **wires}],
        "topics": {"m": markers, "m2": markers, "t": {**topic, "signal": "MotorCommands"}},
    }
    return load_config(GraphSpec, raw, "graph.yaml:test")


def test_a_class_names_its_ports():
    inputs = {
        "trial": Port("Trial", True),
        "markers": Port("Markers"),
        "torque": Port("MotorCommands"),
        "extra": Port("MotorCommands", True),
    }
    assert Mixer.ports() == Chatty.ports() == Ports(inputs, {"torque": Port("MotorCommands")})
    assert find_ports(f"{__name__}:Mixer") == Mixer.ports()
    assert Trial.__name__ == Camera.ports().inputs["trial"].signal


def test_a_graph_that_fits_loads_and_a_package_that_is_not_here_is_left_to_who_builds_it():
    assert graph().producers == {"m": "camera", "m2": "second", "t": "mixer"}
    assert graph(inputs={"markers": "m", "torque": "t", "extra": "t"})
    assert graph(component="package_of_another_machine.module:Mixer")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": {"markerz": "m", "torque": "t"}}, ["'mixer'", "input", "['markerz']", "'extra', 'markers'"]),
        ({"outputs": {"torqe": "t"}}, ["'mixer'", "output", "['torqe']", "known ['torque']"]),
        ({"inputs": {"markers": "m", "torque": "m"}}, ["input 'torque' is MotorCommands", "'m'", "Markers", "['t']"]),
        ({"inputs": {"markers": "m"}}, ["'mixer'", "['torque'] are not wired", "['markers', 'torque']"]),
        (
            {"inputs": {"markers": "m", "torque": "x"}},
            ["'mixer'", "['x']", "profile are ['m', 'm2', 't']"],
        ),
        ({"on": "x"}, ["'mixer'", "unknown topics ['x']"]),
        ({"on": "m2", "outputs": {"torque": "t"}}, ["'mixer'", "'m2', which is none of its inputs", "['m', 't']"]),
        ({"component": f"{__name__}:Nobody"}, ["'Nobody'", "cannot load component"]),
        ({"component": f"{__name__}:Silent"}, ["Silent names no ports", "Component[Inputs, Outputs]"]),
        ({"component": f"{__name__}:Odd"}, ["OddOutputs.number is of no signal type", "MotorCommands"]),
    ],
)
def test_a_graph_that_does_not_fit_is_an_error(change, words):
    with pytest.raises(ConfigError) as error:
        graph(**change)
    assert all(word in str(error.value) for word in ["graph.yaml:test", *words]), str(error.value)


def test_an_output_that_the_class_does_not_name_is_an_error_at_the_step():
    runner = build_runner(graph(component=f"{__name__}:Chatty"), "mixer", row_seeds(0, 1))
    with pytest.raises(ConfigError, match=r"mixer: it produces \['tork'\]; its outputs are \['torque'\]"):
        runner.step({}, 0)


def test_a_link_for_another_signal_is_an_error(monkeypatch):
    class Swap(Tripler, Link[Markers]):
        def apply(self, signal: Markers, dt: float) -> Markers:
            return signal

    monkeypatch.setattr("inhand_core.graph_spec.read_yaml", lambda path: {"swap": {}})
    monkeypatch.setattr("inhand_core.graph_spec.resolve_class", lambda path: {"swap": Swap}.get(path, Mixer))
    link = {"component": "swap", "section": "swap", "group": "noise"}
    spec = graph(input_links={"markers": [link]})
    assert build_runner(spec, "mixer", row_seeds(0, 1), ["noise"])
    spec = graph(input_links={"torque": [link]})
    with pytest.raises(ConfigError, match="torque: Swap is for Markers, not MotorCommands"):
        build_runner(spec, "mixer", row_seeds(0, 1), ["noise"])


class AnythingInputs(Inputs, total=False):
    markers: Required[Markers]
    further: Annotated[Any, FURTHER]


class Anything(Component[AnythingInputs, MixerOutputs]):
    Config = NoConfig
    reset = step = None


def test_a_component_that_takes_further_inputs_says_so_and_names_its_own():
    ports = Anything.ports()
    assert ports.further and list(ports.inputs) == ["trial", "markers"]
    assert not Mixer.ports().further
