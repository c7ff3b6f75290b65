"""Overload called by its name: the machine is too slow, which is nobody's failure. No ROS calls here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inhand_core.machine import Usage, by_name, load, read_usage, shares, usable_cores

SLOW, FAST_ENOUGH = 0.95, 0.98
"""Overload begins below the one part of the speed asked for, and ends above the other."""
CALM_S = 5.0
"""It must have been fast enough for this long [s] before that is said."""
BUSIEST = 4
"""So many processes are named."""
OFF = {
    "console_node": "the page, console:=false",
    "recorder_node": "recording, record:=false",
    "camera_node": "the cameras, cameras:=off or nobody who watches them",
    "pose_estimator_node": "sight, object_pose:=mocap",
    "emulate_hand": "the emulated hand, emulate:=…",
    "emulate_cameras": "the emulated cameras, emulate:=…",
    "emulate_phasespace": "the emulated motion capture, emulate:=…",
}
"""Programs of the graph that one can do without, and how."""


def is_slow(factor: float, speed: float, limit: float = SLOW) -> bool:
    """Whether simulated time runs slower than asked; at speed 0, as fast as it can, it never does."""
    return speed > 0.0 and factor < limit * speed


def machine(used: dict[int, float] | None = None) -> str:
    """Cores, load, who uses the cores, and what can be switched off; `used` is cores by process, busiest first."""
    text = f"{usable_cores()} cores, load {load():.1f}"
    programs = by_name(used or {})
    named = [(name, cores) for name, cores in list(programs.items())[:BUSIEST] if cores >= 0.05]
    if named:
        text += "; busiest: " + ", ".join(f"{name} {cores:.2f}" for name, cores in named)
    running = {name for name, cores in programs.items() if cores >= 0.02}
    if off := [words for program, words in OFF.items() if program in running]:
        text += "; can be switched off: " + "; ".join(off)
    return text


def slow_words(factor: float, speed: float) -> str:
    """How simulated time runs, in words."""
    return f"simulated time runs at {factor:.2f} of real time, {speed:g} asked for"


@dataclass
class Overload:
    """What there was of it in a run: time [s of wall time] and the lowest factor; of a robot, deadlines that went."""

    seconds: float = 0.0
    lowest_factor: float | None = None
    deadlines: int = 0


class OverloadWatch:
    """Notices that a simulation runs slower than asked, or that a robot's deadlines go, and when that is over.

    Attributes:
        total: what there was since the start.
        words: what is wrong now; empty: nothing.
    """

    def __init__(self) -> None:
        self.total = Overload()
        self.words = ""
        self._before: Usage | None = None
        self._since = self._slow_at = self._looked_at = 0.0
        self._missed: int | None = None

    def look(self, sim: Any, controller: Any, now: float) -> str:
        """Takes the newest SimStatus and ControllerStatus, None where there is none, at `now` [s, wall].

        Returns:
            a line to print, or nothing.
        """
        if sim is not None and sim.waits:
            return "" if sim.paused else self.look_at_simulation(sim.real_time_factor, sim.speed, now)
        if controller is None:
            return ""
        return self.look_at_deadlines(controller.missed_deadlines + controller.skipped_periods, now)

    def look_at_simulation(self, factor: float, speed: float, now: float) -> str:
        """Takes a simulator's word at `now` [s, wall]; returns a line to print, or nothing.

        The line comes at the next look, as it says who uses the cores meanwhile.
        """
        slow = is_slow(factor, speed, FAST_ENOUGH if self.words else SLOW)
        elapsed, self._looked_at = now - self._looked_at, now
        if slow:
            self._slow_at = now
            self.total.lowest_factor = min(factor, self.total.lowest_factor or factor)
        if self.words:
            self.total.seconds += elapsed
            return "" if now - self._slow_at < CALM_S else self._end(now)
        return self._begin(f"{slow_words(factor, speed)}: ", now) if slow else self._forget()

    def look_at_deadlines(self, missed: int, now: float) -> str:
        """Takes a controller's count of missed deadlines and skipped periods on a robot; returns a line, or nothing."""
        new = 0 if self._missed is None or missed < self._missed else missed - self._missed
        self._missed = missed
        elapsed, self._looked_at = now - self._looked_at, now
        self.total.deadlines += new
        if new:
            self._slow_at = now
        if self.words:
            self.total.seconds += elapsed
            return "" if now - self._slow_at < CALM_S else self._end(now)
        late = self._before is not None or new
        return self._begin(f"{self.total.deadlines} deadlines of the controller went: ", now) if late else ""

    def _begin(self, words: str, now: float) -> str:
        if self._before is None:
            self._before, self._since = read_usage(), now
            return ""
        used, self._before = shares(self._before, read_usage()), None
        self.words = f"the machine is too slow: {words}{machine(used)}"
        return self.words

    def _end(self, now: float) -> str:
        self.words = ""
        return f"the machine keeps up again, after {now - self._since:.0f} s"

    def _forget(self) -> str:
        self._before = None
        return ""
