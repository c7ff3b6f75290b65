"""A bag as the page's source of snapshots: at any time, at any speed. Messages are decoded when they are shown."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inhand_console.snapshot import CAMERA_FIELDS, FIELDS, Graph, Latencies, NodeReport, Snapshot, TopicRate

DIAGNOSTICS, ACTIONS = "diagnostics", "policy/action"
NANO = 1e-9
Decoder = Callable[[bytes], Any]


@dataclass
class Track:
    """The messages of one topic: times [s from the bag's beginning] in order, and what they hold, still encoded."""

    times: list[float] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    shown: tuple[int, Any] = (-1, None)

    def at(self, time: float) -> int:
        """Number of the newest message at `time` [s]; -1 before the first."""
        return bisect_right(self.times, time) - 1


class Replay:
    """Plays a recording; `snapshot` takes the place of the graph, the rest that of a person.

    Args:
        tracks: by topic, without the leading slash.
        decoders: by topic, from a message to what the page shows of it; a ValueError leaves the last good one.
        reports: of the nodes, each with the time at which it came [s from the beginning].
        window_s: rates are counted over this long [s].

    Attributes:
        duration: of the recording [s].
        speed: recorded seconds in one of ours.
        playing: whether time goes on; it stops at the end.
    """

    def __init__(
        self,
        tracks: Mapping[str, Track],
        decoders: Mapping[str, Decoder],
        reports: list[tuple[float, Mapping[str, NodeReport]]],
        window_s: float,
    ) -> None:
        self._tracks, self._decoders, self._reports, self._window_s = dict(tracks), decoders, reports, window_s
        self.duration = max((track.times[-1] for track in self._tracks.values() if track.times), default=0.0)
        self.speed, self.playing = 1.0, True
        self._time, self._then, self._shown = 0.0, None, 0.0
        self._lock = threading.Lock()

    @property
    def time(self) -> float:
        """Where it is [s from the beginning]."""
        return self._time

    def seek(self, time: float) -> None:
        """Goes to a time [s from the beginning]; from any thread."""
        with self._lock:
            self._time = min(max(time, 0.0), self.duration)

    def snapshot(self, now: float) -> Snapshot:
        """What the page would have shown at the time that playing has come to at `now` [s, a steady clock]."""
        with self._lock:
            if self.playing and self._then is not None:
                self._time = min(self._time + self.speed * (now - self._then), self.duration)
            self._then, time = now, self._time
        if time >= self.duration:
            self.playing = False
        values, unreadable, rates = {}, {}, {}
        cameras: dict[str, dict[str, Any]] = {name: {} for name in CAMERA_FIELDS.values()}
        for topic, track in self._tracks.items():
            newest = track.at(time)
            if newest < 0:
                continue
            rates[topic] = TopicRate(self._rate(track, time, newest), time - track.times[newest])
            camera, _, last = topic.rpartition("/")
            if topic not in FIELDS and last not in CAMERA_FIELDS:
                continue
            value = self._value(topic, track, newest, unreadable)
            if value is not None and topic in FIELDS:
                values[FIELDS[topic]] = value
            elif value is not None:
                cameras[CAMERA_FIELDS[last]][camera] = value
        if (simulator := values.get("simulator")) is not None:
            values["simulator"] = replace(simulator, waits=False)  # rates are counted in the recording's own time
        latencies = Latencies(policy_period=tuple(self._periods(time)))
        self._shown, graph = time, self._graph(time, now)
        return Snapshot(
            **values, **cameras, graph=graph, latencies=latencies, rates=rates, unreadable=unreadable, replayed=time
        )

    def _periods(self, time: float) -> Iterator[float]:
        """From one of the policy's actions to the next [ms], of those since what was shown last."""
        times = self._tracks[ACTIONS].times if ACTIONS in self._tracks else []
        for i in range(max(bisect_right(times, self._shown), 1), bisect_right(times, time)):
            yield 1e3 * (times[i] - times[i - 1])

    def _value(self, topic: str, track: Track, newest: int, unreadable: dict[str, str]) -> Any:
        if track.shown[0] != newest:
            try:
                track.shown = newest, self._decoders[topic](track.messages[newest])
            except ValueError as error:
                unreadable[topic] = str(error)
                track.shown = newest, track.shown[1]
        return track.shown[1]

    def _rate(self, track: Track, time: float, newest: int) -> float:
        """Messages a second [Hz] in the window before `time`; of one that has begun just now, since its beginning."""
        window = min(self._window_s, time - track.times[0])
        return (newest - track.at(time - window)) / window if window > 0.0 else 0.0

    def _graph(self, time: float, now: float) -> Graph:
        """The nodes that report in the bag, with their newest reports, as old as they were then."""
        found: dict[str, NodeReport] = {}
        for came, reports in self._reports[: bisect_right(self._reports, time, key=lambda report: report[0])]:
            for name, report in reports.items():
                found[name] = NodeReport(report.level, report.message, report.values, now - (time - came))
        return Graph(None, {}, found)
