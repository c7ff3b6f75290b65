"""What the page says of each node: what is wrong, and what to do."""

from __future__ import annotations

import pytest

from inhand_console.health import HealthLimits, Level
from inhand_console.node_health import advise, judge_node, judge_nodes
from inhand_console.snapshot import Graph, NodeReport, SimHealth, Snapshot, TopicRate
from inhand_core import load_graph

SPEC = load_graph("realtime")
LIMITS = HealthLimits(silence_periods=5, silence_least_s=0.5, rate_tolerance=0.1, real_time_factor=0.98)
ALL = frozenset(component.name for component in SPEC.components)
NOW = 100.0


def judged(name: str, graph: Graph, **more):
    return judge_node(name, Snapshot(graph=graph, **more), SPEC, LIMITS, NOW)


def report(level: int = 0, message: str = "OK", age: float = 0.5, **values: str) -> dict[str, NodeReport]:
    return {"tracker": NodeReport(level, message, values, NOW - age)}


def test_a_node_that_is_well_says_its_rates_ages_and_losses() -> None:
    graph = Graph(ALL, {}, report(**{"mocap/markers lost": "3", "steps": "900"}))
    found = judged("tracker", graph, rates={"fingertips": TopicRate(79.6, 0.012)})
    assert found.level == Level.OK and found.advice == ""
    assert found.figures == "fingertips 79.6 of 80 Hz · mocap/markers lost 3" and found.age == 0.012


def test_a_node_that_is_not_there_is_an_error_with_the_command_that_starts_it() -> None:
    found = judged("tracker", Graph(ALL - {"tracker"}))
    assert found.level == Level.ERROR and found.figures == "not running"
    assert "ros2 run inhand_policy tracker_node" in found.advice
    assert judged("tracker", Graph(ALL - {"tracker"}, {}, report())).figures == "has ended"


@pytest.mark.parametrize("state", ["unconfigured", "inactive"])
def test_a_lifecycle_node_that_is_not_active_says_how_to_bring_it_up(state: str) -> None:
    found = judged("policy", Graph(ALL, {"policy": state}))
    assert found.level == Level.ERROR and found.figures.startswith(state)
    assert "ros2 lifecycle set policy" in found.advice


def test_an_idle_recorder_is_no_fault() -> None:
    assert judged("recorder", Graph(ALL | {"recorder"}, {"recorder": "unconfigured"})).level == Level.OK


def test_a_node_that_has_stopped_reporting_is_stuck_unless_all_is_paused() -> None:
    graph = Graph(ALL, {}, report(age=8.0))
    found = judged("tracker", graph)
    assert found.level == Level.ERROR and "last report 8 s ago" in found.figures and "restart" in found.advice
    assert judged("tracker", graph, simulator=SimHealth(0.0, 0, True)).level == Level.OK


def test_a_node_that_is_there_and_never_reports_is_not_well() -> None:
    before = judged("tracker", Graph())
    fresh = judged("tracker", Graph(ALL, since={"tracker": NOW - 1.0}))
    assert {before.level, fresh.level} == {Level.WARN} and "awaited" in before.advice and "awaited" in fresh.advice
    rates = {"fingertips": TopicRate(79.6, 0.012)}
    mute = judged("tracker", Graph(ALL, since={"tracker": NOW - 20.0}), rates=rates)
    assert mute.level == Level.ERROR and "79.6 of 80" in mute.figures
    assert "no report yet, there for 20 s" in mute.figures
    assert "/diagnostics" in mute.advice and "restart" in mute.advice
    paused = judged("tracker", Graph(ALL, since={"tracker": NOW - 20.0}), simulator=SimHealth(0.0, 0, True))
    assert paused.level == Level.WARN and "Resume" in paused.advice


def test_a_node_that_never_appears_is_an_error_however_long_the_page_waits() -> None:
    for since in ({}, {"policy": NOW - 20.0}):
        found = judged("tracker", Graph(frozenset({"policy"}), since=since))
        assert found.level == Level.ERROR and found.figures == "not running" and "ros2 run" in found.advice


def test_a_simulator_whose_devices_are_real_is_not_missed() -> None:
    rates = {"mocap/markers": TopicRate(240.0, 0.004), "hand/sensors": TopicRate(200.0, 0.005)}
    real = Snapshot(graph=Graph(ALL - {"sim"}), rates=rates)
    assert "sim" not in [finding.subject for finding in judge_nodes(real, SPEC, LIMITS, NOW)]
    half = Snapshot(graph=Graph(ALL - {"sim"}), rates={"hand/sensors": rates["hand/sensors"]})
    assert "sim" in [finding.subject for finding in judge_nodes(half, SPEC, LIMITS, NOW)]


@pytest.mark.parametrize("node", sorted(ALL))
def test_a_node_that_died_is_missed_though_its_topics_once_came(node: str) -> None:
    rates = {topic: TopicRate(0.0, 3.0) for topic in SPEC.topics}
    dead = Snapshot(graph=Graph(ALL - {node}), rates=rates)
    found = {finding.subject: finding for finding in judge_nodes(dead, SPEC, LIMITS, NOW)}
    assert found[node].level == Level.ERROR and "ros2 run" in found[node].advice


def test_no_node_is_green_of_which_nothing_is_known() -> None:
    graphs = (Graph(), Graph(frozenset()), Graph(ALL), Graph(ALL, since=dict.fromkeys(ALL, 0.0)))
    for graph in graphs:
        assert Level.OK not in {f.level for f in judge_nodes(Snapshot(graph=graph), SPEC, LIMITS, NOW)}


def test_a_report_becomes_advice() -> None:
    found = judged("tracker", Graph(ALL, {}, report(1, "nothing received on mocap/markers")))
    assert found.level == Level.WARN and "ros2 topic info mocap/markers" in found.advice
    assert judged("tracker", Graph(ALL, {}, report(2, "device lost"))).level == Level.ERROR


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("STOPPED", "Clear the stop"),
        ("HOLD", "is a trial running"),
        ("slower than real time: 0.61", "uses the cores"),
        ("recording has ended: No space left on device", "make room"),
        ("RANDOM_UNTRAINED_WEIGHTS", "trained weights"),
        ("something nobody foresaw", "log"),
    ],
)
def test_advice_fits_the_message(message: str, words: str) -> None:
    assert words in advise(message)


def test_nodes_come_in_the_graphs_order_and_others_that_report_follow() -> None:
    graph = Graph(ALL, {"recorder": "active"}, {"basler": NodeReport(0, "OK", {}, NOW)})
    names = [finding.subject for finding in judge_nodes(Snapshot(graph=graph), SPEC, LIMITS, NOW)]
    assert names == [*(c.name for c in SPEC.components), "basler", "recorder"]
