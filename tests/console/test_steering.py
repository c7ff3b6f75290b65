"""What the page's buttons lead to in the nodes: takes, other weights, other randomisation, another goal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
from std_srvs.srv import Trigger
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_console.commands import Command, Outcome
from inhand_console.nodes.in_use import InUseWatch
from inhand_console.nodes.services import Services
from inhand_console.snapshot import Graph, InUse, Snapshot
from inhand_core import load_graph
from inhand_core.paths import resource_root
from inhand_core.signals import EndReason, Trial, TrialState
from inhand_interfaces.msg import Trial as TrialMessage
from inhand_ros.codecs import Labels, encode
from inhand_ros.qos import publisher_qos

PATIENCE_S = 60.0


class Person:
    """Presses the page's buttons, without the page."""

    def __init__(self, probe: Probe) -> None:
        self.outcomes: list[Outcome] = []
        self.snapshot = Snapshot(graph=Graph(frozenset({"tracker", "policy"}), {"policy": "active"}))
        self._services = Services(probe.node, 1, self.outcomes.append, lambda: self.snapshot)

    def press(self, command: Command, value: str = "") -> Outcome:
        """Presses until somebody offers what it needs, and returns how it ended."""

        def ended() -> Outcome | None:
            self._services.check()
            return self.outcomes[-1] if self.outcomes else None

        def pressed() -> Outcome | None:
            self.outcomes.clear()
            self._services.press(command, value)
            outcome = wait_for(ended, PATIENCE_S, command.value)
            return None if outcome.message.startswith("nobody offers") else outcome

        return wait_for(pressed, PATIENCE_S, f"the service behind {command.name}")


@pytest.fixture
def probe(domain: int) -> Iterator[Probe]:
    probe = Probe(domain, {})
    yield probe
    probe.close()


def running(number: int) -> Trial:
    return Trial(*(np.array([n]) for n in (number, 0, TrialState.RUNNING, EndReason.NONE)))


def test_takes_are_recorded_kept_and_discarded(processes: Processes, probe: Probe, tmp_path: Path) -> None:
    options = ["--ros-args", "-p", "autostart:=false", "-p", f"bag:={tmp_path / 'take'}"]
    processes.start("recorder", [executable("inhand_ros/recorder_node"), *options])
    person = Person(probe)
    assert person.press(Command.DISCARD).message == "nothing to decide: no take has ended"
    assert person.press(Command.RECORD).success, processes.logs()
    assert not person.press(Command.RECORD).success
    assert person.press(Command.END_RECORDING).success, processes.logs()
    assert (tmp_path / "take" / "metadata.yaml").is_file()
    assert person.press(Command.KEEP).success
    assert not person.press(Command.DISCARD).success and (tmp_path / "take").exists()
    assert person.press(Command.RECORD).success and person.press(Command.END_RECORDING).success
    assert (tmp_path / "take_2" / "metadata.yaml").is_file()
    assert person.press(Command.DISCARD).success and not (tmp_path / "take_2").exists()


def test_the_policy_takes_other_weights_and_its_old_ones_where_they_do_not_fit(
    processes: Processes, probe: Probe, tmp_path: Path
) -> None:
    processes.start("policy", [executable("inhand_policy/policy_node")])
    other, bad = tmp_path / "other.safetensors", tmp_path / "bad.safetensors"
    shutil.copy(resource_root() / "weights" / "block.safetensors", other)
    bad.write_bytes(b"no weights")
    wait_for(lambda: "weights" in processes.log("policy"), PATIENCE_S, processes.logs)
    person = Person(probe)
    outcome = person.press(Command.USE_WEIGHTS, str(other))
    assert outcome.success, (outcome, processes.logs())
    wait_for(lambda: f"weights {other}" in processes.log("policy"), PATIENCE_S, processes.logs)
    outcome = person.press(Command.USE_WEIGHTS, str(bad))
    assert not outcome.success and "goes on with" in outcome.message and str(other) in outcome.message, outcome
    answer = probe.call(GetParameters, "policy/get_parameters", names=["weights"])
    assert answer.values[0].string_value == str(other)
    person.snapshot = Snapshot(trial=running(3), graph=person.snapshot.graph)
    assert person.press(Command.USE_WEIGHTS, str(other)).message == "trial 3 is running: stop it first"


def test_randomisation_changes_between_trials_and_a_node_refuses_it_during_one(
    processes: Processes, probe: Probe
) -> None:
    processes.start("tracker", [executable("inhand_policy/tracker_node")])
    person = Person(probe)
    person.snapshot = Snapshot(graph=Graph(frozenset({"tracker"})))
    assert person.press(Command.USE_RANDOMIZATION, "all") == Outcome(Command.USE_RANDOMIZATION, True, "all: tracker")
    outcome = person.press(Command.USE_RANDOMIZATION, "weather")
    assert not outcome.success and "weather" in outcome.message and "observation_noise" in outcome.message
    publisher = probe.node.create_publisher(TrialMessage, "trial", publisher_qos(load_graph("realtime"), "trial"))
    publisher.publish(encode(running(1), 0, 0, Labels()))

    def refused() -> bool:
        return "while no trial runs" in person.press(Command.USE_RANDOMIZATION, "none").message

    wait_for(refused, PATIENCE_S, processes.logs)


def test_what_is_in_use_is_what_the_nodes_say_and_what_they_are_given_later(
    processes: Processes, probe: Probe, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.safetensors"
    shutil.copy(resource_root() / "weights" / "block.safetensors", mine)
    policy = ["--ros-args", "-p", f"weights:={mine}", "-p", "randomization:=unmodeled"]
    processes.start("policy", [executable("inhand_policy/policy_node"), *policy])
    processes.start("tracker", [executable("inhand_policy/tracker_node")])
    present = frozenset({"policy", "tracker"})
    watch = InUseWatch(probe.node)
    assert watch.look(None) == InUse()

    def says(groups: dict[str, str]) -> Callable[[], bool]:
        return lambda: probe.run(lambda: watch.look(present)) == InUse(str(mine), groups)

    wait_for(says({"policy": "unmodeled", "tracker": "none"}), PATIENCE_S, processes.logs)
    person = Person(probe)
    person.snapshot = Snapshot(graph=Graph(present))
    assert person.press(Command.USE_RANDOMIZATION, "all").success
    wait_for(says({"policy": "all", "tracker": "all"}), PATIENCE_S, processes.logs)
    assert probe.run(lambda: watch.look(frozenset({"tracker"}))) == InUse(None, {"tracker": "all"})
    probe.run(watch.forget)
    assert probe.run(lambda: watch.look(frozenset())) == InUse()


def test_another_goal_needs_a_trial(processes: Processes, probe: Probe) -> None:
    processes.start("goal", [executable("inhand_policy/goal_node")])
    person = Person(probe)
    for command, value in ((Command.NEW_GOAL, ""), (Command.SET_GOAL, "0.0 0.6 0.0 0.8")):
        outcome = person.press(command, value)
        assert not outcome.success and outcome.message == "no trial is running"
    assert "no unit quaternion" in person.press(Command.SET_GOAL, "0.0 0.6 0.0 8.0").message
    assert not probe.call(Trigger, "trial/new_goal").success
