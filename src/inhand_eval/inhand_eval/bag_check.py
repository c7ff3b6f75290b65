"""Is a bag whole? Drops by sequence numbers, gaps by stamps, offsets between the devices' clocks and the recorder's."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_eval.bags import NANOSECONDS, BagReader, Entry, open_bag, sequence_of, stamp_of

_PERIODIC = 0.9
"""Share of intervals within half of their median from it, above which a topic counts as periodic."""
_FEW = 5  # messages, below which there is no period
CLOCK = "/clock"
MIXED = ("diagnostic_msgs/msg/DiagnosticArray",)
"""Types that publishers with different clocks share a topic of."""


@dataclass(frozen=True)
class CheckConfig:
    """What counts as wrong.

    Attributes:
        gap_factor: an interval of stamps longer than so many median periods is a gap.
        max_offset_s: largest median offset, either sign [s].
        topics: regular expression; only topics in whose names it is found are checked.
    """

    gap_factor: float = 2.5
    max_offset_s: float = 1.0
    topics: str = ""

    def __post_init__(self) -> None:
        if self.gap_factor <= 1.0 or self.max_offset_s <= 0.0:
            raise ConfigError("gap_factor must be > 1 and max_offset_s > 0")


@dataclass
class _Seen:
    """Numbers of one topic while a bag is read: times [ns] and sequence numbers."""

    log_ns: list[int] = field(default_factory=list)
    stamp_ns: list[int] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)


class _Clock:
    """Time on /clock (n pairs of reception and time [ns]) when a message was received; its reception without /clock."""

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        self._log, self._time = np.array(pairs, np.int64).reshape(-1, 2).T

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
    dropped: int | None
    restarts: int
    gaps: int
    longest_gap_s: float
    backwards: int
    offset_ms: float | None
    offset_p99_ms: float | None
    drift_ppm: float | None
    problems: tuple[str, ...]


def check_bag(path: Path, config: CheckConfig) -> dict[str, TopicReport]:
    """Reads a bag once and reports on each topic.

    Raises:
        BagError: it cannot be read.
    """
    pattern = re.compile(config.topics)
    with open_bag(path) as bag:
        topics = sorted(topic for topic in bag.topics if pattern.search(topic))
        seen = {topic: _Seen() for topic in topics}
        clock = [(entry.log_ns, stamp_of(entry.data)) for entry in bag.entries([CLOCK])]
        headers = {topic for topic in topics if bag.has_header(topic)}
        numbered = {topic for topic in topics if bag.has_sequence(topic)}
        for entry in bag.entries(topics):
            _note(seen[entry.connection.topic], entry, headers, numbered)
        lost = bag.lost()
        times = _Clock(clock)
        return {topic: _report(topic, seen[topic], bag, lost, times, config) for topic in topics}


def as_json(reports: dict[str, TopicReport]) -> dict[str, Any]:
    """The reports as plain values."""
    return {topic: asdict(report) for topic, report in reports.items()}


def _note(seen: _Seen, entry: Entry, headers: set[str], numbered: set[str]) -> None:
    topic = entry.connection.topic
    seen.log_ns.append(entry.log_ns)
    if topic in headers:
        seen.stamp_ns.append(stamp_of(entry.data))
    if topic in numbered:
        seen.sequence.append(sequence_of(entry.data))


def _report(
    topic: str, seen: _Seen, bag: BagReader, lost: dict[str, int] | None, clock: _Clock, config: CheckConfig
) -> TopicReport:
    log_ns, stamps = np.array(seen.log_ns, np.int64), np.array(seen.stamp_ns, np.int64)
    if stamped := bool((stamps > 0).any()):  # a stamp of 0 was given before there was a time
        log_ns, stamps = log_ns[stamps > 0], stamps[stamps > 0]
    times = stamps if stamped else log_ns
    intervals = np.diff(times) / NANOSECONDS
    dropped, restarts = _drops(np.array(seen.sequence, np.int64))
    if lost is not None:
        dropped = max(dropped or 0, lost.get(topic, 0))
    period, gaps = 0.0, 0
    forward = intervals[intervals > 0.0]
    if len(times) >= _FEW and len(forward):
        period = float(np.median(forward))
        near = np.abs(forward - period) <= 0.5 * period
        if near.mean() >= _PERIODIC and not bag.latched(topic):
            gaps = int((intervals > config.gap_factor * period).sum())
    offset = (clock.at(log_ns) - times) / 1e6 if stamped else None
    backwards = int((intervals < 0.0).sum()) if stamped and not bag.latched(topic) else 0
    problems = []
    if dropped:
        problems.append(f"{dropped} dropped")
    if gaps:
        problems.append(f"{gaps} gaps, the longest {intervals.max():.3g} s")
    if seen.sequence and backwards > restarts:
        problems.append(f"{backwards} stamps go back")
    mixed = bag.topics[topic] in MIXED
    if offset is not None and not mixed and abs(np.median(offset)) > 1e3 * config.max_offset_s:
        problems.append(f"clock offset {np.median(offset) / 1e3:.3g} s")
    return TopicReport(
        messages=len(seen.log_ns),
        rate_hz=(len(times) - 1) / max(intervals.sum(), 1e-9) if period else 0.0,
        dropped=dropped,
        restarts=restarts,
        gaps=gaps,
        longest_gap_s=float(intervals.max(initial=0.0)),
        backwards=backwards,
        offset_ms=None if offset is None else float(np.median(offset)),
        offset_p99_ms=None if offset is None else float(np.percentile(offset, 99)),
        drift_ppm=_drift(times, offset),
        problems=tuple(problems),
    )


def _drops(sequence: np.ndarray) -> tuple[int | None, int]:
    """Missing numbers, and how often the count started again; None where there are no numbers."""
    if not len(sequence):
        return None, 0
    steps = np.diff(sequence)
    return int((steps[steps > 0] - 1).sum()), int((steps <= 0).sum())


def _drift(times: np.ndarray, offset: np.ndarray | None) -> float | None:
    """Slope of the offset [µs/s], by the medians of the first and the last third; None below 10 s."""
    if offset is None or len(times) < 3 * _FEW or times[-1] - times[0] < 10 * NANOSECONDS:
        return None
    third = len(times) // 3
    rise = np.median(offset[-third:]) - np.median(offset[:third])
    span = (np.median(times[-third:]) - np.median(times[:third])) / NANOSECONDS
    return float(1e3 * rise / span)
