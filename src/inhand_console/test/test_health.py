"""What the page says of topics, controller and simulator."""

from __future__ import annotations

import pytest

from inhand_console.health import HealthLimits, Level, judge, judge_controller, judge_simulator, judge_topic
from inhand_console.snapshot import ControllerHealth, SimHealth, Snapshot, TopicRate
from inhand_core import ConfigError, load_config, load_graph

LIMITS = HealthLimits(silence_periods=5, silence_least_s=0.5, rate_tolerance=0.1, real_time_factor=0.98)
SPEC = load_graph("realtime")


def sensors(rate: float, age: float | None, paused: bool = False) -> tuple[Level, str, str]:
    finding = judge_topic("hand/sensors", {"hand/sensors": TopicRate(rate, age)}, SPEC, LIMITS, paused)
    return finding.level, finding.figures, finding.advice


def test_a_topic_at_its_rate_is_well() -> None:
    assert sensors(199.0, 0.004) == (Level.OK, "199.0 of 200 Hz", "")


def test_a_slow_topic_is_a_warning_and_a_silent_one_an_error_that_names_the_producer() -> None:
    level, _, advice = sensors(150.0, 0.004)
    assert level == Level.WARN and "sim is late" in advice
    level, figures, advice = sensors(20.0, 0.7)
    assert level == Level.ERROR and figures == "silent for 0.7 s" and "inhand_sim/sim_node" in advice


def test_silence_while_paused_is_no_fault() -> None:
    assert sensors(0.0, 3.0, paused=True)[0] == Level.OK


def test_a_short_silence_of_a_fast_topic_is_forgiven() -> None:
    assert sensors(199.0, 0.4)[0] == Level.OK


def test_topics_published_on_change_may_be_silent_for_long() -> None:
    finding = judge_topic("goal", {"goal": TopicRate(0.0, 60.0)}, SPEC, LIMITS)
    assert finding.level == Level.OK and "60 s ago" in finding.figures


def test_nothing_at_all_lists_every_topic_of_the_graph() -> None:
    findings = judge(Snapshot(), SPEC, LIMITS)
    assert [finding.subject for finding in findings] == list(SPEC.topics)
    assert {finding.level for finding in findings if not SPEC.topics[finding.subject].on_change} == {Level.ERROR}


@pytest.mark.parametrize(
    ("mode", "level", "advice"),
    [
        ("RUNNING", Level.OK, ""),
        ("HOLD", Level.WARN, "policy"),
        ("STOPPED", Level.ERROR, "Clear"),
        ("DISABLED", Level.WARN, "Enable"),
    ],
)
def test_controller_modes_come_with_advice(mode: str, level: Level, advice: str) -> None:
    finding = judge_controller(ControllerHealth(mode, 1, 2, 3, 58e-6))
    assert finding.level == level and advice in finding.advice
    assert finding.figures == f"{mode}, 1 deadlines missed, 2 inputs refused, 3 actions lost, lateness p99 58 µs"


def test_a_slow_simulator_is_a_warning() -> None:
    assert judge_simulator(SimHealth(0.99, 0, False), LIMITS).level == Level.OK
    assert judge_simulator(SimHealth(0.90, 0, False), LIMITS).level == Level.WARN
    assert judge_simulator(SimHealth(0.0, 0, True), LIMITS).figures == "paused"


def test_a_simulator_is_slow_by_the_speed_asked_for() -> None:
    slow_motion = SimHealth(0.5, 0, False, speed=0.5, waits=True)
    assert judge_simulator(slow_motion, LIMITS).level == Level.OK
    assert "0.5 asked for" in judge_simulator(slow_motion, LIMITS).figures
    assert judge_simulator(SimHealth(0.3, 0, False, speed=0.0, waits=True), LIMITS).level == Level.OK
    late = judge_simulator(SimHealth(0.5, 0, False, waits=True, awaited="hand/action"), LIMITS)
    assert late.level == Level.WARN and "nothing is wrong but the speed" in late.advice
    assert "waits for hand/action" in late.figures


def test_rates_are_judged_in_simulated_time_where_the_whole_graph_runs_on_it() -> None:
    rates = {"hand/sensors": TopicRate(80.0, 1.0)}
    slow = SimHealth(0.4, 0, False, waits=True)
    found = {f.subject: f for f in judge(Snapshot(rates=rates, simulator=slow), SPEC, LIMITS)}
    assert found["hand/sensors"].figures == "silent for 1.0 s"
    rates = {"hand/sensors": TopicRate(80.0, 0.3)}
    found = {f.subject: f for f in judge(Snapshot(rates=rates, simulator=slow), SPEC, LIMITS)}
    assert (found["hand/sensors"].level, found["hand/sensors"].figures) == (Level.OK, "200.0 of 200 Hz")
    wall = SimHealth(0.4, 0, False)
    found = {f.subject: f for f in judge(Snapshot(rates=rates, simulator=wall), SPEC, LIMITS)}
    assert found["hand/sensors"].level == Level.WARN


def test_a_bad_limit_is_refused_by_name() -> None:
    values = {"silence_periods": 5, "silence_least_s": 0.5, "rate_tolerance": 1.5, "real_time_factor": 0.98}
    with pytest.raises(ConfigError, match="rate_tolerance must be in"):
        load_config(HealthLimits, values)


def test_a_topic_that_cannot_be_read_is_an_error_with_its_reason() -> None:
    findings = judge(Snapshot(unreadable={"joint_states": "no joints ['rh_FFJ1']"}), SPEC, LIMITS)
    assert any(f.figures == "cannot be read" and "rh_FFJ1" in f.advice and f.level == Level.ERROR for f in findings)
