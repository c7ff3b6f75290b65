"""What a run looked like: rates, losses, periods, latency, trials. Fed with raw messages; no ROS calls here."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import EndReason, TrialState
from inhand_core.times import NANOSECONDS
from inhand_data.stamps import read_header
from inhand_ros.inbox import SequenceCounter
from inhand_ros.overload import Overload
from inhand_ros.raw import RawMessage

REFUSED = ("refused_size", "refused_nan", "refused_range", "refused_stale")
COUNTED = ("missed_deadlines", "skipped_periods", "lost_actions", "holds", "zero_torques", *REFUSED)


class TopicMeter:
    """Count, rate and losses of one topic, by the times of its messages [ns]."""

    def __init__(self, numbered: bool) -> None:
        self.counter = SequenceCounter()
        self.first_ns = self.last_ns = 0
        self._numbered = numbered

    def add(self, time_ns: int, sequence: int) -> None:
        """Counts one message."""
        if not self.counter.received:
            self.first_ns = time_ns
        self.last_ns = time_ns
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
        by_stamps: rates are those of the messages' stamps, as in simulation, else those of their writing.
    """

    def __init__(self, numbered: dict[str, bool], by_stamps: bool = False) -> None:
        self._by_stamps = by_stamps
        self.meters = {topic: TopicMeter(has) for topic, has in numbered.items()}
        self.latency = LatencyMeter()
        self.trials = TrialMeter()
        self.sim: Any = None
        self.controller: Any = None
        self._policy_ns: list[int] = []
        self._before: dict[str, int] = {}
        self._sim_before: Any = None

    def begin(self) -> None:
        """The run begins: what the controller counted until now was the start."""
        if self.controller is not None:
            self._before = {name: getattr(self.controller, name) for name in COUNTED}
        self._sim_before = self.sim

    def add(self, message: RawMessage) -> None:
        """Takes a message of the graph, in the order of `source_ns`."""
        stamp_ns, sequence = read_header(message.data)
        self.meters[message.topic].add(stamp_ns if self._by_stamps else message.source_ns, sequence)
        self.latency.add(message.topic, message.source_ns, stamp_ns)
        if message.topic == "/policy/action":
            self._policy_ns.append(message.source_ns)

    def result(self, seconds: float, wall_s: float, overload: Overload) -> dict[str, Any]:
        """The summary, ready for JSON.

        Args:
            seconds: that it is about, of the graph's time.
            wall_s: the same, of the wall's.
            overload: what there was of it.
        """
        sim, controller = self.sim, self.controller

        def counted(name: str) -> int | None:
            return None if controller is None else getattr(controller, name) - self._before.get(name, 0)

        return {
            "duration_s": round(seconds, 2),
            "wall_s": round(wall_s, 2),
            "goals": self.trials.goals,
            "most_goals_in_a_trial": self.trials.best,
            "drops": self.trials.ended["dropped"],
            "trials": sum(self.trials.ended.values()),
            "trials_by_end": self.trials.ended,
            "real_time_factor": None if sim is None else round(real_time_factor(self._sim_before, sim), 4),
            "speed": None if sim is None else sim.speed,
            "waits_for_graph": None if sim is None else sim.waits,
            "waited_s": None if sim is None else round(sim.waited, 2),
            "gave_up_waiting": None if sim is None else sim.gave_up,
            "overload": dataclasses.asdict(overload) if overload.seconds or overload.deadlines else None,
            "rates_hz": {topic: round(meter.rate, 2) for topic, meter in self.meters.items()},
            "received": {topic: meter.counter.received for topic, meter in self.meters.items()},
            "lost": {topic: meter.counter.lost for topic, meter in self.meters.items()},
            "restarts": {t: m.counter.restarts for t, m in self.meters.items() if m.counter.restarts},
            "policy_period_ms": _percentiles(np.diff(self._policy_ns)),
            "marker_to_motor_ms": _percentiles(np.asarray(self.latency.samples)),
            "deadline_misses": counted("missed_deadlines"),
            "skipped_periods": counted("skipped_periods"),
            "refused_commands": None if controller is None else sum(counted(name) for name in REFUSED),
            "lost_actions": counted("lost_actions"),
            "lost_commands": None if sim is None else sim.lost_commands,
            "missed_ticks": None if sim is None else sim.missed_ticks,
            "holds": counted("holds"),
            "zero_torques": counted("zero_torques"),
        }


def real_time_factor(before: Any, after: Any) -> float:
    """Simulated over wall time between two SimStatus, pauses left out; since the start where there is no first one."""
    spent = after.ticks / max(after.real_time_factor_total, 1e-9)
    if before is None or after.ticks <= before.ticks or before.real_time_factor_total <= 0.0:
        return after.real_time_factor_total
    return (after.ticks - before.ticks) / max(spent - before.ticks / before.real_time_factor_total, 1e-9)


def _percentiles(samples_ns: np.ndarray) -> dict[str, Any]:
    if not len(samples_ns):
        return {"n": 0, "p50": None, "p99": None, "max": None}
    p50, p99, largest = np.percentile(samples_ns, [50, 99, 100]) / 1e6
    return {"n": len(samples_ns), "p50": round(p50, 2), "p99": round(p99, 2), "max": round(largest, 2)}
