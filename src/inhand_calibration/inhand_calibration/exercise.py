"""The two policies that exercise a hand for calibration, finger by finger, as a component of the graph (paper, C.3).

First all joints of a finger are pushed to their stops, inward, then outward, until they stop moving. Then they
oscillate, each with a phase of its own, ever faster. Meanwhile the other fingers stay at rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_calibration.ports import ExerciseInputs, ExerciseOutputs
from inhand_core.component import Component
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_description import ACTUATORS, FINGERS, JOINT_INDEX, JOINTS, actuator_matrix, actuator_ranges

WRIST = "wr"
GROUPS: dict[str, np.ndarray] = {
    name: np.array([i for i, row in enumerate(ACTUATORS) if JOINTS[JOINT_INDEX[row.joints[0]]].finger == name])
    for name in (*FINGERS, WRIST)
}
"""Actuator indices of each finger and of the wrist."""
SETTLE, INWARD, OUTWARD, OSCILLATE = range(4)
_KINDS = 4
_GOLDEN = np.pi * (3.0 - 5.0**0.5)


@dataclass(frozen=True)
class ExerciseConfig:
    """Times in s, frequencies in Hz. Values and texts in config/exercise.yaml."""

    groups: tuple[str, ...]
    drive: float
    still_speed: float
    still_s: float
    min_push_s: float
    max_push_s: float
    settle_s: float
    rest_margin: float
    oscillate_s: float
    amplitude: float
    first_hz: float
    last_hz: float

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.groups) - set(GROUPS)):
            raise ValueError(f"groups: unknown {unknown}; known {list(GROUPS)}")
        if not self.groups or len(set(self.groups)) != len(self.groups):
            raise ValueError(f"groups must name each at most once and one at least, are {list(self.groups)}")
        if not 0.0 < self.drive <= 1.0:
            raise ValueError(f"drive must lie in (0, 1], is {self.drive}")
        for name in ("rest_margin", "amplitude"):
            if not 0.0 <= getattr(self, name) <= 0.5:
                raise ValueError(f"{name} must lie in [0, 0.5], is {getattr(self, name)}")
        for name in ("still_s", "max_push_s", "oscillate_s", "first_hz", "last_hz"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be > 0, is {getattr(self, name)}")


@dataclass
class ExerciseState:
    """phase (B,) counts settle, inward, outward, oscillate of each group in turn; elapsed, still (B,) [s] in it."""

    phase: np.ndarray
    elapsed: np.ndarray
    still: np.ndarray


class Exercise(Component[ExerciseInputs, ExerciseOutputs]):
    """Joint angles in, an action out at every step. Without joint angles it says nothing.

    Actions are relative to the joints' angles, as the policy's. At the end of the last finger `done` is true and the
    hand is kept at rest.
    """

    Config = ExerciseConfig

    def __init__(self, config: ExerciseConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self._lower, self._upper = actuator_ranges().T
        margin = config.rest_margin * (self._upper - self._lower)
        self._rest = np.clip(np.zeros(N_ACTUATORS), self._lower + margin, self._upper - margin)
        self._actuated = actuator_matrix()
        self._phases = _KINDS * len(config.groups)
        self.state = ExerciseState(np.zeros(self.batch, np.int64), np.zeros(self.batch), np.zeros(self.batch))

    def reset(self, mask: np.ndarray) -> None:
        """Starts over in the rows of `mask`."""
        for array in (self.state.phase, self.state.elapsed, self.state.still):
            array[mask] = 0

    @property
    def done(self) -> np.ndarray:
        """(B,) bool: all fingers have had their turn."""
        return self.state.phase >= self._phases

    def progress(self) -> str:
        """What the first row is doing, for people."""
        if self.done[0]:
            return "done"
        group, kind = divmod(int(self.state.phase[0]), _KINDS)
        words = ("settles", "is pushed inward", "is pushed outward", "oscillates")
        return f"{self.config.groups[group]} {words[kind]}"

    def step(self, inputs: ExerciseInputs, dt: float) -> ExerciseOutputs:
        """The action for the next 80 ms."""
        if "joint_states" not in inputs:
            return {}
        joints = inputs["joint_states"]
        angle, speed = joints.position @ self._actuated.T, np.abs(joints.velocity @ self._actuated.T)
        action = self._towards(np.tile(self._rest, (self.batch, 1)), angle)
        for row in np.flatnonzero(~self.done).tolist():
            group, kind = divmod(int(self.state.phase[row]), _KINDS)
            actuators = GROUPS[self.config.groups[group]]
            if kind == OSCILLATE:
                target = self._oscillation(actuators, self.state.elapsed[row])
                action[row, actuators] = self._towards(target, angle[row, actuators], actuators)
            elif kind != SETTLE:
                action[row, actuators] = self.config.drive * (1.0 if kind == INWARD else -1.0)
            self._advance(row, kind, bool((speed[row, actuators] < self.config.still_speed).all()), dt)
        none = np.full((self.batch, N_ACTUATORS), -1, np.int64)
        return {"action": HandAction(action, none, np.zeros(self.batch, np.int64))}

    def _towards(
        self, target: np.ndarray, angle: np.ndarray, actuators: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """The relative action whose target is `target` [rad] at actuated angles `angle` [rad]."""
        half = 0.5 * (self._upper - self._lower)[actuators]
        return np.clip((target - angle) / half, -1.0, 1.0)

    def _oscillation(self, actuators: np.ndarray, time: float) -> np.ndarray:
        """Actuated angles [rad] at `time` [s]: a sine about the middle of each range, its frequency rising."""
        config = self.config
        rise = (config.last_hz - config.first_hz) / config.oscillate_s
        turn = 2.0 * np.pi * (config.first_hz + 0.5 * rise * time) * time
        middle = 0.5 * (self._lower + self._upper)[actuators]
        span = (self._upper - self._lower)[actuators]
        return middle + config.amplitude * span * np.sin(turn + _GOLDEN * np.arange(len(actuators)))

    def _advance(self, row: int, kind: int, is_still: bool, dt: float) -> None:
        """Counts the time, and goes on to the next phase when this one is over."""
        state, config = self.state, self.config
        state.elapsed[row] += dt
        state.still[row] = state.still[row] + dt if is_still else 0.0
        elapsed, still = state.elapsed[row], state.still[row]
        if kind == SETTLE:
            over = elapsed >= config.settle_s
        elif kind == OSCILLATE:
            over = elapsed >= config.oscillate_s
        else:
            over = elapsed >= config.max_push_s or (elapsed >= config.min_push_s and still >= config.still_s)
        if over:
            state.phase[row] += 1
            state.elapsed[row] = state.still[row] = 0.0
