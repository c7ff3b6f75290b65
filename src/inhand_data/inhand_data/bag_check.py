"""Is a bag whole? Drops by the publishers' numbers, rates by the graph's, gaps by stamps, offsets between clocks."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core import load_topics
from inhand_core.config import ConfigError, read_yaml
from inhand_core.paths import config_file
from inhand_core.times import NANOSECONDS
from inhand_data.bags import STEPPED, BagReader, open_bag
from inhand_data.losses import dropped, missing_numbers
from inhand_data.stamps import ShortMessage, sequence_of, stamp_of

_PERIODIC = 0.9
"""Share of intervals within half of their median from it, above which a topic counts as periodic."""
_FEW = 5  # messages, below which there is no period
STEP_S = 0.5
"""Reception of a topic that goes back by more than this [s], and stays there, is a step of the recorder's clock."""
CLOCK = "/clock"
CAMERA_TOPIC = re.compile(r"/camera_\w+/(image_raw|image_raw/compressed|camera_info)")
BY_SIGHT = "/mocap/object_pose"
"""What the tracker publishes while /object/pose comes from the cameras, at their rate."""
MIXED = ("diagnostic_msgs/msg/DiagnosticArray",)
"""Types that publishers with different clocks share a topic of."""


@dataclass(frozen=True)
class CheckConfig:
    """What counts as wrong.

    Attributes:
        gap_factor: an interval of stamps longer than this many periods is a gap.
        max_offset_s: largest median offset, either sign [s].
        topics: regular expression; only topics in whose names it is found are checked.
        min_rate: least share of the graph's own rate of a topic, by its stamps.
    """

    gap_factor: float = 2.5
    max_offset_s: float = 1.0
    topics: str = ""
    min_rate: float = 0.95

    def __post_init__(self) -> None:
        if self.gap_factor <= 1.0 or self.max_offset_s <= 0.0:
            raise ConfigError("gap_factor must be > 1 and max_offset_s > 0")
        if not 0.0 <= self.min_rate <= 1.0:
            raise ConfigError(f"min_rate must be in [0, 1], is {self.min_rate}")
        try:
            re.compile(self.topics)
        except re.error as error:
            raise ConfigError(f"topics: {self.topics!r} is no regular expression: {error}") from error


@dataclass
class _Seen:
    """What one topic holds, as it is stored: times [ns], sequence numbers, how many messages are too short for them.

    `before_step` counts the messages before the recorder's clock first went back.
    """

    log_ns: list[int] = field(default_factory=list)
    stamp_ns: list[int] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)
    short: int = 0
    before_step: int | None = None


class _Clock:
    """Time on /clock (n pairs of reception and time [ns]) when a message was received; its reception without /clock."""

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        rows = np.array(pairs, np.int64).reshape(-1, 2)
        self._log, self._time = rows[np.argsort(rows[:, 0], kind="stable")].T

    def at(self, log_ns: np.ndarray) -> np.ndarray:
        if not len(self._log):
            return log_ns
        start, first = self._log[0], self._time[0]  # differences alone are small enough for doubles
        return first + np.interp(log_ns - start, self._log - start, self._time - first).round().astype(np.int64)


@dataclass(frozen=True)
class TopicReport:
    """What one topic is like.

    Attributes:
        messages: number of them. rate_hz: mean, by their stamps; 0 where there are too few.
        expected_hz: what the graph says it should be; None for topics that have no such rate.
        dropped: messages that are missing by the publisher's count; None where nothing counts them.
        restarts: how often a sequence number did not rise.
        gaps: intervals that are too long, of periodic topics; longest_gap_s: the longest interval [s].
        backwards: stamps older than the one before.
        offset_ms: median of reception minus stamp [ms], or of the time on /clock at reception where the bag has one;
            offset_p99_ms; drift_ppm: its slope over the bag.
        problems: what is wrong, in words.
    """

    messages: int
    rate_hz: float
    expected_hz: float | None
    dropped: int | None
    restarts: int
    gaps: int
    longest_gap_s: float
    backwards: int
    offset_ms: float | None
    offset_p99_ms: float | None
    drift_ppm: float | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class BagReport:
    """What a bag is like: its topics, and in words what is wrong with the whole of it."""

    topics: dict[str, TopicReport]
    problems: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not any(report.problems for report in self.topics.values())


def expected_rates(topics: set[str]) -> dict[str, float]:
    """Rates [Hz] that the graph's configuration gives the topics of a bag, as far as it has them."""
    rates = {f"/{name}": float(topic.rate) for name, topic in load_topics().items() if not topic.on_change}
    camera = float(read_yaml(config_file("cameras_sim"))["rate"])
    rates |= dict.fromkeys((topic for topic in topics if CAMERA_TOPIC.fullmatch(topic)), camera)
    if BY_SIGHT in topics:
        rates |= {BY_SIGHT: rates["/object/pose"], "/object/pose": camera}
    return {topic: rate for topic, rate in rates.items() if topic in topics}


def check_bag(path: Path, config: CheckConfig) -> BagReport:
    """Reads a bag once and reports on each topic.

    Raises:
        BagError: it cannot be read.
    """
    pattern = re.compile(config.topics)
    with open_bag(path) as bag:
        topics = sorted(topic for topic in bag.topics if pattern.search(topic))
        expected = expected_rates(set(bag.topics))
        seen, clock, steps = _read(bag, topics)
        reports = {topic: _report(topic, seen[topic], bag, clock, expected.get(topic), config) for topic in topics}
        noted = [
            f"the recorder's clock stepped by {text}" for key, text in bag.notes.items() if key.startswith(STEPPED)
        ]
        return BagReport(reports, (*bag.problems, *(noted or steps)))


def as_json(report: BagReport) -> dict[str, Any]:
    """The report as plain values."""
    topics = {topic: asdict(found) for topic, found in report.topics.items()}
    return {"whole": report.whole, "problems": list(report.problems), "topics": topics}


def _read(bag: BagReader, topics: list[str]) -> tuple[dict[str, _Seen], _Clock, list[str]]:
    """Goes through the bag once, as it is stored: what was seen, /clock, and steps of the recorder's clock in words."""
    seen = {topic: _Seen() for topic in topics}
    headers = {topic for topic in topics if bag.has_header(topic)}
    numbered = {topic for topic in topics if bag.has_sequence(topic)}
    pairs: list[tuple[int, int]] = []
    for entry in bag.entries({*topics, CLOCK}, stored_order=True):
        try:
            if entry.topic == CLOCK:
                pairs.append((entry.log_ns, stamp_of(entry.data)))
            if entry.topic in seen:
                stamp = stamp_of(entry.data) if entry.topic in headers else None
                number = sequence_of(entry.data) if entry.topic in numbered else None
                _note(seen[entry.topic], entry.log_ns, stamp, number)
        except ShortMessage:
            if entry.topic in seen:
                seen[entry.topic].short += 1
    found = {topic: _steps_back(np.array(rows.log_ns, np.int64)) for topic, rows in seen.items()}
    for topic, steps in found.items():
        seen[topic].before_step = steps[0] if steps else None
    of_clock = _steps_back(np.array([log for log, _ in pairs], np.int64))
    pairs = pairs[: of_clock[0]] if of_clock else pairs
    # Every topic shows the same steps; the one with the most of them, and of those the busiest, says when.
    told = max(seen, key=lambda topic: (len(found[topic]), len(seen[topic].log_ns)), default=None)
    words = [] if told is None else [_step_text(seen[told].log_ns, at) for at in found[told]]
    return seen, _Clock(pairs), words


def _steps_back(log_ns: np.ndarray) -> list[int]:
    """Indices of the messages of a topic, as they are stored, before which the recorder's clock was set back.

    A single message that comes late is none: what follows it is later than what was before it.
    """
    back = np.flatnonzero(np.diff(log_ns) < -STEP_S * NANOSECONDS) + 1
    return [int(i) for i in back if i + 1 == len(log_ns) or log_ns[i + 1] < log_ns[i - 1]]


def _step_text(log_ns: list[int], at: int) -> str:
    back, since = (log_ns[at - 1] - log_ns[at]) / NANOSECONDS, (log_ns[at - 1] - log_ns[0]) / NANOSECONDS
    return f"the recorder's clock went back by {back:.3g} s at {since:.3g} s"


def _note(seen: _Seen, log_ns: int, stamp: int | None, number: int | None) -> None:
    seen.log_ns.append(log_ns)
    if stamp is not None:
        seen.stamp_ns.append(stamp)
    if number is not None:
        seen.sequence.append(number)


def _report(
    topic: str, seen: _Seen, bag: BagReader, clock: _Clock, expected: float | None, config: CheckConfig
) -> TopicReport:
    """Judges one topic."""
    log_ns, stamps = np.array(seen.log_ns, np.int64), np.array(seen.stamp_ns, np.int64)
    until = len(log_ns) if seen.before_step is None else seen.before_step
    if stamped := bool((stamps > 0).any()):  # a stamp of 0 was given before there was a time
        until = int((stamps[:until] > 0).sum())
        log_ns, stamps = log_ns[stamps > 0], stamps[stamps > 0]
    times = stamps if stamped else log_ns
    intervals = np.diff(times) / NANOSECONDS
    forward = intervals[intervals > 0.0]
    latched = bag.latched(topic)
    period = _period(forward, len(times), None if latched else expected)
    gaps = int((intervals > config.gap_factor * period).sum()) if period and not latched else 0
    rate = (len(times) - 1) / max(forward.sum(), 1e-9) if len(times) >= _FEW and len(forward) else 0.0
    offset = (clock.at(log_ns[:until]) - times[:until]) / 1e6 if stamped and until else None
    backwards = int((intervals < 0.0).sum()) if stamped and not latched else 0
    lost, restarts = dropped(bag, topic, seen.sequence), missing_numbers(seen.sequence)[1]
    problems = []
    if seen.short:
        problems.append(f"{seen.short} messages are too short for their type")
    if lost:
        problems.append(f"{lost} dropped")
    if expected and rate and rate < config.min_rate * expected:
        problems.append(f"{rate:.3g} of {expected:g} Hz")
    if gaps:
        problems.append(f"{gaps} gaps, the longest {intervals.max():.3g} s")
    if seen.sequence and backwards > restarts:
        problems.append(f"{backwards} stamps go back")
    mixed = bag.topics[topic] in MIXED
    if offset is not None and not mixed and abs(np.median(offset)) > 1e3 * config.max_offset_s:
        problems.append(f"clock offset {np.median(offset) / 1e3:.3g} s")
    return TopicReport(
        messages=len(seen.log_ns) + seen.short,
        rate_hz=float(rate),
        expected_hz=expected,
        dropped=lost,
        restarts=restarts,
        gaps=gaps,
        longest_gap_s=float(intervals.max(initial=0.0)),
        backwards=backwards,
        offset_ms=None if offset is None else float(np.median(offset)),
        offset_p99_ms=None if offset is None else float(np.percentile(offset, 99)),
        drift_ppm=_drift(times[:until], offset),
        problems=tuple(problems),
    )


def _period(forward: np.ndarray, count: int, expected: float | None) -> float:
    """Period of a topic [s]: the graph's, else the median of a topic that is periodic, else 0."""
    if count < _FEW or not len(forward):
        return 0.0
    if expected:
        return 1.0 / expected
    period = float(np.median(forward))
    return period if (np.abs(forward - period) <= 0.5 * period).mean() >= _PERIODIC else 0.0


def _drift(times: np.ndarray, offset: np.ndarray | None) -> float | None:
    """Slope of the offset [µs/s], by the medians of the first and the last third; None below 10 s."""
    if offset is None or len(times) < 3 * _FEW or times[-1] - times[0] < 10 * NANOSECONDS:
        return None
    third = len(times) // 3
    rise = np.median(offset[-third:]) - np.median(offset[:third])
    span = (np.median(times[-third:]) - np.median(times[:third])) / NANOSECONDS
    return float(1e3 * rise / span)
