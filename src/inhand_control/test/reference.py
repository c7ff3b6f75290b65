"""The controller written again from its documentation, plainly and slowly: what the golden trace is checked against.

One hand, lists of numbers, no vectorisation. Used by tests only.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

DISABLED, SOFT_START, RUNNING, HOLD, ZERO_TORQUE, STOPPED = range(6)


def calibrated(raw: float, points: list[tuple[float, float]]) -> float:
    """Angle of a raw value on the curve through (raw, angle) points; end segments go on."""
    points = sorted(points)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if raw < x1 or x1 == points[-1][0]:
            return y0 + (y1 - y0) / (x1 - x0) * (raw - x0)
    raise AssertionError


class Reference:
    """Enable/stop/clear, offer_sensors, offer_action, step, as the C++ controller has them."""

    def __init__(self, tables: dict[str, Any], parameters: dict[str, Any]) -> None:
        self.t, self.p = tables, parameters
        self.ns = {k: round(parameters[f"{k}_s"] * 1e9) for k in ("action_timeout", "sensors_timeout", "soft_start")}
        joints = tables["joint_names"]
        self.pairs = [
            [joints.index(name) for name in (first, second) if name]
            for first, second in zip(tables["actuator_joint_1"], tables["actuator_joint_2"], strict=True)
        ]
        self.enabled = self.stopped = self.active = False
        self.mode = DISABLED
        self.reading = self.action = None
        self.sensors_ns = self.acted_ns = self.started_ns = None
        self.sensors_sequence = self.action_sequence = -1
        self.action_ns = self.lost_ns = None
        self.ramp = 0
        self.torque = [0.0] * 20
        self.target = [0.0] * 20

    def enable(self) -> None:
        self.enabled = not self.stopped

    def stop(self) -> None:
        self.stopped, self.enabled, self.active = True, False, False

    def clear(self) -> None:
        self.stopped = False

    def offer_sensors(self, now: int, stamp: int, sequence: int, hall: list[float]) -> None:
        if not all(self.t["hall_min"] <= h <= self.t["hall_max"] for h in hall):
            return
        silent = self.sensors_ns is not None and now - self.sensors_ns >= self.ns["sensors_timeout"]
        if sequence <= self.sensors_sequence and not silent:
            return
        self.sensors_ns, self.sensors_sequence = now, sequence
        angles = []
        for joint in self.t["joint_names"]:
            raws = [h for h, j in zip(hall, self.t["hall_channel_joint"], strict=True) if j == joint]
            curve = self.t["calibration"][joint]
            angles.append(calibrated(sum(raws) / len(raws), list(zip(curve["raw"], curve["angle"], strict=True))))
        velocity = [0.0] * 24
        if self.reading is not None:
            gap, before, speed = stamp - self.reading[0], self.reading[1], self.reading[2]
            if 0 < gap <= self.ns["sensors_timeout"]:
                smooth = self.p["velocity_filter_s"]
                velocity = [
                    (smooth * v + q - q0) / (smooth + gap * 1e-9)
                    for q, q0, v in zip(angles, before, speed, strict=True)
                ]
        self.reading = (stamp, angles, velocity)

    def offer_action(self, now: int, sequence: int, action: list[float]) -> None:
        if not all(abs(a) <= 1.0 + 1e-9 for a in action):
            return
        silent = self.acted_ns is not None and now - self.acted_ns >= self.ns["action_timeout"]
        if sequence <= self.action_sequence and not silent:
            return
        self.acted_ns, self.action_sequence, self.action = now, sequence, action

    def step(self, now: int) -> None:
        action, self.action = self.action, None
        fresh = self.sensors_ns is not None and now - self.sensors_ns < self.ns["sensors_timeout"]
        if self.stopped or not self.enabled or not fresh:
            self.mode = STOPPED if self.stopped else DISABLED if not self.enabled else ZERO_TORQUE
            if self.active and self.mode == ZERO_TORQUE:
                self.lost_ns = now
            elif self.mode != ZERO_TORQUE:
                self.lost_ns = None
            self.active, self.torque = False, [0.0] * 20
            return
        angle = [sum(self.reading[1][j] for j in pair) for pair in self.pairs]
        speed = [sum(self.reading[2][j] for j in pair) for pair in self.pairs]
        if not self.active:
            outage = self.ns["soft_start"] if self.lost_ns is None else now - self.lost_ns
            self.ramp = min(outage, self.ns["soft_start"])
            self.active, self.started_ns, self.action_ns, self.lost_ns = True, now, None, None
            self.target = self._clipped(angle, "range")
        if action is not None:
            self.action_ns = now
            half = [(hi - lo) / 2 for lo, hi in zip(self.t["range_lower"], self.t["range_upper"], strict=True)]
            self.target = self._clipped(
                [q + a * h for q, a, h in zip(angle, action, half, strict=True)],
                "range" if self.p["limits"] == "range" else "target",
            )
        elif self.action_ns is not None and now - self.action_ns >= self.ns["action_timeout"]:
            self.action_ns = None
            self.target = self._clipped(angle, "range")
        elapsed = now - self.started_ns
        self.mode = SOFT_START if elapsed < self.ramp else HOLD if self.action_ns is None else RUNNING
        share = min(elapsed / self.ramp, 1.0) if self.ramp else 1.0
        self.torque = [self._torque(a, angle[a], speed[a], share) for a in range(20)]

    def _torque(self, a: int, angle: float, speed: float, share: float) -> float:
        limit = self.t["torque_limit"][a]
        change = self.p["torque_slew"] * self.p["period_s"] * limit
        wanted = self.t["kp"][a] * (self.target[a] - angle) - self.t["kd"][a] * speed
        slewed = min(max(wanted, self.torque[a] - change), self.torque[a] + change)
        torque = min(max(slewed, -share * limit), share * limit)
        assert math.isfinite(torque)
        return torque

    def _clipped(self, angles: list[float], limits: str) -> list[float]:
        lower, upper = self.t[f"{limits}_lower"], self.t[f"{limits}_upper"]
        return [min(max(q, lo), hi) for q, lo, hi in zip(angles, lower, upper, strict=True)]
