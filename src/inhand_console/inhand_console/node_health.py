"""Is every node well? One entry a node, as a person reads it: what it does, what is wrong, what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from inhand_console.health import Finding, HealthLimits, Level, judge_topic, pace_of
from inhand_console.snapshot import NodeReport, Snapshot
from inhand_core import GraphSpec

REPORT_LOST_S = 3.0
"""A node that has not reported on /diagnostics for longer [s] is stuck, or its messages are lost."""
MUTE = "it is there, but says nothing on /diagnostics: restart it; if that does not help, its log says more"
ADVICE = (
    (r"(?i)zero.?torque", "no sensors arrive: is the hand's driver or the simulator running?"),
    (r"(?i)hold", "no new actions arrive: are policy and smoother running, is a trial running?"),
    (r"(?i)stopped", "latched: press Clear the stop, then Enable"),
    (r"(?i)running", "inputs were refused or deadlines missed since it started; the counters say which"),
    (r"nothing received on (\S+)", "see who publishes {0}: `ros2 topic info {0}`"),
    (r"(\S+) is silent", "see who publishes {0}, and what that node says here"),
    (r"untrained|RANDOM", "give the policy trained weights, on the tab Run"),
    (r"machine is too slow", "close what else uses the cores; in simulation it makes time slow, and nothing wrong"),
    (r"slower than", "close what else uses the cores, or start with console:=false"),
    (r"physics broke down", "the world was reset; the log names a file with the state before"),
    (r"base markers were never seen", "is the capture system on, and are the markers on the hand's base in view?"),
    (r"SCHED_FIFO|cannot lock", "allow real-time scheduling: `inhand doctor` prints the lines"),
    (r"disk too slow|disk is too slow", "record to a faster disk, or leave the images out (parameter exclude)"),
    (r"No space left|recording has ended|less room", "make room on the disk, then record again"),
    (r"no image|images are missing|camera", "are the cameras on? `inhand doctor` lists what it finds"),
    (r"lost|pulled|unplugged|not found|no answer|refused", "is the device switched on and connected?"),
)
"""Pattern in what a node reports -> what a person can do; {0} is what the pattern's first group found."""
NOT_ACTIVE = {
    "unconfigured": "bring it up: `ros2 lifecycle set {node} configure`, then `activate`; its log says why it is not",
    "inactive": "it is configured but paused: `ros2 lifecycle set {node} activate`",
    "finalized": "it has ended; restart it",
}


def judge_nodes(snapshot: Snapshot, spec: GraphSpec, limits: HealthLimits, now: float) -> list[Finding]:
    """The graph's nodes in its order, then every other node that reports; `now` [s] is the clock of the reports."""
    graph = snapshot.graph
    names = [component.name for component in spec.components]
    expected = [name for name in names if not _replaced(name, snapshot, spec, limits)]
    others = sorted({*graph.reports, *graph.states} - set(expected))
    return [judge_node(name, snapshot, spec, limits, now) for name in [*expected, *others]]


def judge_node(name: str, snapshot: Snapshot, spec: GraphSpec, limits: HealthLimits, now: float) -> Finding:
    """One node: whether it is there, its lifecycle state, its topics' rates and age, and what it reports."""
    ages = [snapshot.rates[topic].age for topic in _streams(name, snapshot, spec)]
    oldest = max((age for age in ages if age is not None), default=None)
    return replace(_judge_node(name, snapshot, spec, now), age=oldest)


def _judge_node(name: str, snapshot: Snapshot, spec: GraphSpec, now: float) -> Finding:
    graph, paused = snapshot.graph, snapshot.simulator is not None and snapshot.simulator.paused
    executable = next((c.node for c in spec.components if c.name == name), "")
    rates = ", ".join(_rates(name, snapshot, spec))
    if graph.present is not None and name not in graph.present:
        advice = f"start it: `ros2 run {executable.replace('/', ' ')}`; launch does so by itself within three seconds"
        if name not in snapshot.graph.reports and not any(_heard(name, snapshot, spec)):
            return Finding(name, "not running", Level.ERROR, advice if executable else "restart what started it")
        return Finding(name, "has ended", Level.ERROR, advice if executable else "restart what started it")
    state = graph.states.get(name, "")
    figures = " · ".join(part for part in (state, rates, _counters(graph.reports.get(name))) if part)
    if state in NOT_ACTIVE and not (name == "recorder" and state != "finalized"):
        return Finding(name, figures, Level.ERROR, NOT_ACTIVE[state].format(node=name))
    report = graph.reports.get(name)
    if report is None:
        return _unheard(name, figures, snapshot, now)
    if now - report.arrival > REPORT_LOST_S:
        words = f"{figures} · last report {now - report.arrival:.0f} s ago"
        return Finding(name, words, Level.OK if paused else Level.ERROR, "" if paused else "it is stuck: restart it")
    if report.level == 0:
        return Finding(name, figures or "well", Level.OK)
    level = Level.WARN if report.level == 1 else Level.ERROR
    return Finding(name, f"{figures} · {report.message}" if figures else report.message, level, advise(report.message))


def _unheard(name: str, figures: str, snapshot: Snapshot, now: float) -> Finding:
    """A node that has never reported: never well, and an error once it has been there for long enough."""
    graph, paused = snapshot.graph, snapshot.simulator is not None and snapshot.simulator.paused
    if name == "recorder" and graph.states.get(name) in NOT_ACTIVE:
        return Finding(name, figures, Level.OK)
    waited = now - graph.since.get(name, now)
    figures = f"{figures} · no report yet" if figures else "no report yet"
    if graph.present is None or waited <= REPORT_LOST_S:
        return Finding(name, figures, Level.WARN, "its first report is awaited: every node reports once a second")
    if paused:
        return Finding(name, figures, Level.WARN, "nothing reports while the simulation is paused: press Resume")
    return Finding(name, f"{figures}, there for {waited:.0f} s", Level.ERROR, MUTE)


def advise(message: str) -> str:
    """What a person can do about a report."""
    for pattern, advice in ADVICE:
        if found := re.search(pattern, message):
            return advice.format(*found.groups())
    return "its log says more"


def _replaced(name: str, snapshot: Snapshot, spec: GraphSpec, limits: HealthLimits) -> bool:
    """Whether others do a node's work, as drivers of real devices do the simulator's: it never was, all it would send
    comes as it should. What is sent on a change alone tells of nobody who is there."""
    graph = snapshot.graph
    if graph.present is None or name in graph.present or name in graph.reports:
        return False
    steady = [topic for topic in spec.component(name).outputs.values() if not spec.topics[topic].on_change]
    judged = [judge_topic(topic, snapshot.rates, spec, limits) for topic in steady]
    return bool(judged) and all(finding.level == Level.OK for finding in judged)


def _heard(name: str, snapshot: Snapshot, spec: GraphSpec) -> Iterable[bool]:
    topics = next((c.outputs.values() for c in spec.components if c.name == name), ())
    return (topic in snapshot.rates for topic in topics)


def _streams(name: str, snapshot: Snapshot, spec: GraphSpec) -> list[str]:
    """The topics that a node publishes all the time, as far as they have been heard."""
    mine = (topic for topic, producer in spec.producers.items() if producer == name)
    return [topic for topic in mine if topic in snapshot.rates and not spec.topics[topic].on_change]


def _rates(name: str, snapshot: Snapshot, spec: GraphSpec) -> Iterable[str]:
    for topic in _streams(name, snapshot, spec):
        seen, pace = snapshot.rates[topic], pace_of(snapshot)
        yield f"{topic} {seen.rate / pace:.1f} of {spec.topics[topic].rate:g} Hz"


def _counters(report: NodeReport | None) -> str:
    """What has gone wrong since the node's start, by its own count; nothing where all counters are 0."""
    words = ("lost", "missed", "miss", "dropped", "left out", "withheld", "refused", "skipped")
    found = []
    for key, value in report.values.items() if report else ():
        if any(word in key for word in words) and re.fullmatch(r"\d+", value) and int(value):
            found.append(f"{key} {value}")
    return ", ".join(found)
