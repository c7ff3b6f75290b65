"""What a run looked like: rates, losses, periods, latency, trials. Fed with raw messages; no ROS calls here."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import EndReason, TrialState
from inhand_data.stamps import read_header
from inhand_ros.inbox import SequenceCounter
from inhand_ros.raw import RawMessage

NANOSECONDS = 1_000_000_000


class TopicMeter:
    """Count, rate and losses of one topic, by the writer's time stamps [ns]."""

    def __init__(self, numbered: bool) -> None:
        self.counter = SequenceCounter()
        self.first_ns = self.last_ns = 0
        self._numbered = numbered

    def add(self, source_ns: int, sequence: int) -> None:
        """Counts one message."""
        if not self.counter.received:
            self.first_ns = source_ns
        self.last_ns = source_ns
        self.counter.add(sequence if self._numbered else self.counter.received)

    @property
    def rate(self) -> float:
        """Messages a second between the first and the last; 0 for fewer than two."""
        span = self.last_ns - self.first_ns
        return (self.counter.received - 1) * NANOSECONDS / span if span > 0 else 0.0


class LatencyMeter:
    """Time from a frame of markers to the first motor command that follows the action based on it [ns].

    The frame is that of the newest object pose (poses keep the stamp of their markers) which was published before the
    policy's action and is not newer than it; both by writers' wall time. The waiting for the policy's next step
    counts. Actions before the first command heard do not count: the controller may have answered them unheard, while
    discovery was under way.
    """

    def __init__(self) -> None:
        self.samples: list[int] = []
        self._frames: deque[tuple[int, int]] = deque(maxlen=500)
        self._poses: deque[tuple[int, int]] = deque(maxlen=200)
        self._begun: dict[int, int] = {}
        self._pending: list[tuple[int, int]] = []
        self._heard = False

    def add(self, topic: str, source_ns: int, stamp_ns: int) -> None:
        """Takes a message of any topic, in the order of `source_ns`."""
        if topic == "/mocap/markers":
            self._frames.append((stamp_ns, source_ns))
        elif topic == "/object/pose":
            self._poses.append((stamp_ns, source_ns))
        elif topic == "/policy/action":
            self._on_policy(stamp_ns)
        elif topic == "/hand/action" and stamp_ns in self._begun:
            begun = self._begun.pop(stamp_ns)
            if self._heard:
                self._pending.append((source_ns, begun))
        elif topic == "/hand/motor_commands":
            self._on_command(source_ns)

    def _on_policy(self, stamp_ns: int) -> None:
        used = next((pose for pose, _ in reversed(self._poses) if pose <= stamp_ns), None)
        at = bisect_right(self._frames, used, key=lambda frame: frame[0]) if used is not None else 0
        if at and self._frames[at - 1][0] == used:
            self._begun = {stamp_ns: self._frames[at - 1][1]}

    def _on_command(self, source_ns: int) -> None:
        self._heard = True
        done = [begun for acted, begun in self._pending if acted < source_ns]
        self.samples += [source_ns - begun for begun in done]
        self._pending = self._pending[len(done) :]


@dataclass
class TrialMeter:
    """Counts goals, drops and ends over all trials."""

    goals: int = 0
    best: int = 0
    ended: dict[str, int] = field(default_factory=lambda: {r.name.lower(): 0 for r in EndReason if r})
    _current: tuple[int, int, int] = (-1, 0, 0)

    def add(self, trial_id: int, goals_achieved: int, state: int, reason: int) -> None:
        """Takes one Trial message."""
        known_id, known_goals, known_state = self._current
        known_goals = known_goals if trial_id == known_id else 0
        self.goals += max(goals_achieved - known_goals, 0)
        self.best = max(self.best, goals_achieved)
        if state == TrialState.ENDED and (trial_id != known_id or known_state != TrialState.ENDED) and reason:
            self.ended[EndReason(reason).name.lower()] += 1
        self._current = (trial_id, goals_achieved, state)


class Summary:
    """All meters of a run; `add` messages, then `result`.

    Args:
        numbered: the graph's topics, with whether their messages carry a sequence number.
    """

    def __init__(self, numbered: dict[str, bool]) -> None:
        self.meters = {topic: TopicMeter(has) for topic, has in numbered.items()}
        self.latency = LatencyMeter()
        self.trials = TrialMeter()
        self.sim: Any = None
        self.controller: Any = None
        self._policy_ns: list[int] = []

    def add(self, message: RawMessage) -> None:
        """Takes a message of the graph, in the order of `source_ns`."""
        stamp_ns, sequence = read_header(message.data)
        self.meters[message.topic].add(message.source_ns, sequence)
        self.latency.add(message.topic, message.source_ns, stamp_ns)
        if message.topic == "/policy/action":
            self._policy_ns.append(message.source_ns)

    def result(self, seconds: float) -> dict[str, Any]:
        """The summary, ready for JSON; `seconds` is the wall time it is about."""
        sim, controller = self.sim, self.controller
        refused = ("refused_size", "refused_nan", "refused_range", "refused_stale")
        return {
            "duration_s": round(seconds, 2),
            "goals": self.trials.goals,
            "most_goals_in_a_trial": self.trials.best,
            "drops": self.trials.ended["dropped"],
            "trials": sum(self.trials.ended.values()),
            "trials_by_end": self.trials.ended,
            "real_time_factor": None if sim is None else round(sim.real_time_factor_total, 4),
            "rates_hz": {topic: round(meter.rate, 2) for topic, meter in self.meters.items()},
            "received": {topic: meter.counter.received for topic, meter in self.meters.items()},
            "lost": {topic: meter.counter.lost for topic, meter in self.meters.items()},
            "restarts": {t: m.counter.restarts for t, m in self.meters.items() if m.counter.restarts},
            "policy_period_ms": _percentiles(np.diff(self._policy_ns)),
            "marker_to_motor_ms": _percentiles(np.asarray(self.latency.samples)),
            "deadline_misses": None if controller is None else controller.missed_deadlines,
            "skipped_periods": None if controller is None else controller.skipped_periods,
            "refused_commands": None if controller is None else sum(getattr(controller, name) for name in refused),
            "lost_actions": None if controller is None else controller.lost_actions,
            "lost_commands": None if sim is None else sim.lost_commands,
            "missed_ticks": None if sim is None else sim.missed_ticks,
            "holds": None if controller is None else controller.holds,
            "zero_torques": None if controller is None else controller.zero_torques,
        }


def _percentiles(samples_ns: np.ndarray) -> dict[str, Any]:
    if not len(samples_ns):
        return {"n": 0, "p50": None, "p99": None, "max": None}
    p50, p99, largest = np.percentile(samples_ns, [50, 99, 100]) / 1e6
    return {"n": len(samples_ns), "p50": round(p50, 2), "p99": round(p99, 2), "max": round(largest, 2)}
