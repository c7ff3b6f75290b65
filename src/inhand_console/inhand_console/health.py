"""Is the graph well? One line a topic, as a person reads it: what is wrong and what to do."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from inhand_console.snapshot import ControllerHealth, SimHealth, Snapshot, TopicRate
from inhand_core import GraphSpec


class Level(enum.IntEnum):
    """How bad it is."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """One line: subject, its figures, how bad, advice ("" where all is well), and how old its newest message is [s]."""

    subject: str
    figures: str
    level: Level
    advice: str = ""
    age: float | None = None


@dataclass(frozen=True)
class HealthLimits:
    """When a figure is worth a warning.

    Attributes:
        silence_periods: a topic silent for longer than this many of its periods is in error ...
        silence_least_s: ... but never before so long [s].
        rate_tolerance: a rate below 1 minus this part of the nominal one is a warning.
        real_time_factor: below this the simulator is too slow.
    """

    silence_periods: float
    silence_least_s: float
    rate_tolerance: float
    real_time_factor: float

    def __post_init__(self) -> None:
        for name in ("silence_periods", "silence_least_s", "real_time_factor"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, is {getattr(self, name)}")
        if not 0 < self.rate_tolerance < 1:
            raise ValueError(f"rate_tolerance must be in (0, 1), is {self.rate_tolerance}")


def judge(snapshot: Snapshot, spec: GraphSpec, limits: HealthLimits) -> list[Finding]:
    """Every topic of the graph, the controller and the simulator; in the order of the graph."""
    paused = snapshot.simulator is not None and snapshot.simulator.paused
    pace = pace_of(snapshot)
    findings = [judge_topic(topic, snapshot.rates, spec, limits, paused, pace) for topic in spec.topics]
    findings += [Finding(topic, "cannot be read", Level.ERROR, why) for topic, why in snapshot.unreadable.items()]
    if snapshot.controller is not None:
        findings.append(judge_controller(snapshot.controller))
    if snapshot.simulator is not None:
        findings.append(judge_simulator(snapshot.simulator, limits))
    return findings


def pace_of(snapshot: Snapshot) -> float:
    """Graph's seconds in a second of wall time: 1 but where the whole graph runs on a simulator's time."""
    return snapshot.simulator.pace if snapshot.simulator is not None else 1.0


def judge_topic(
    topic: str,
    rates: Mapping[str, TopicRate],
    spec: GraphSpec,
    limits: HealthLimits,
    paused: bool = False,
    pace: float = 1.0,
) -> Finding:
    """One topic against its rate in the graph; while the simulation is paused silence is no fault.

    Rates and silence were measured in wall time; `pace` is how many of the graph's seconds pass in one of those.
    """
    expected, seen = spec.topics[topic], rates.get(topic)
    if seen is None or seen.age is None:
        if expected.on_change:
            return Finding(topic, "none yet", Level.OK)
        return Finding(topic, "nothing yet", Level.WARN if paused else Level.ERROR, _ask(topic, spec))
    if expected.on_change:
        return Finding(topic, f"last change {seen.age:.0f} s ago", Level.OK, age=seen.age)
    rate = seen.rate / pace
    figures = f"{rate:.1f} of {expected.rate:g} Hz"
    if seen.age > max(limits.silence_periods / (expected.rate * min(pace, 1.0)), limits.silence_least_s):
        figures = f"silent for {seen.age:.1f} s"
        level, advice = (Level.OK, "") if paused else (Level.ERROR, _ask(topic, spec))
        return Finding(topic, figures, level, advice, seen.age)
    if rate < (1.0 - limits.rate_tolerance) * expected.rate and not paused:
        advice = f"{spec.producers[topic]} is late: is the machine overloaded?"
        return Finding(topic, figures, Level.WARN, advice, seen.age)
    return Finding(topic, figures, Level.OK, age=seen.age)


def judge_controller(controller: ControllerHealth) -> Finding:
    """The controller's mode and counters, with what a person can do about them."""
    advice = {
        "DISABLED": "press Enable when the hand may move",
        "HOLD": "no new actions arrive: are policy and smoother running, is a trial running?",
        "ZERO_TORQUE": "no sensors arrive: is the hand's driver or the simulator running?",
        "STOPPED": "latched: press Clear the stop, then Enable",
    }.get(controller.mode, "")
    level = Level.ERROR if controller.mode in ("ZERO_TORQUE", "STOPPED") else Level.WARN if advice else Level.OK
    figures = (
        f"{controller.mode}, {controller.missed_deadlines} deadlines missed, {controller.refused} inputs refused, "
        f"{controller.lost_actions} actions lost, lateness p99 {1e6 * controller.lateness_p99:.0f} µs"
    )
    return Finding("controller", figures, level, advice)


def judge_simulator(simulator: SimHealth, limits: HealthLimits) -> Finding:
    """The simulator's speed."""
    figures = f"{simulator.real_time_factor:.3f} of real time, {simulator.missed_ticks} ticks missed"
    if simulator.speed != 1.0:
        figures += f", {simulator.speed:g} asked for" if simulator.speed else ", as fast as it can"
    if simulator.awaited:
        figures += f", waits for {simulator.awaited}"
    if simulator.paused:
        return Finding("simulator", "paused", Level.WARN, "press Resume to go on")
    if simulator.real_time_factor < limits.real_time_factor * simulator.speed:
        only = "nothing is wrong but the speed; " if simulator.waits else ""
        return Finding("simulator", figures, Level.WARN, f"too slow: {only}close what else uses the cores")
    return Finding("simulator", figures, Level.OK)


def _ask(topic: str, spec: GraphSpec) -> str:
    producer = spec.producers[topic]
    return f"is {producer} ({spec.component(producer).node}) running?"
