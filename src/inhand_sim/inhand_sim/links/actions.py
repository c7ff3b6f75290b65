"""Links on actions, in this order: noise (Table 8) before the smoothing, delay and backlash (C.2) after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_description import ACTUATOR_INDEX, ACTUATOR_NAMES, actuator_ranges
from inhand_description.calibration import ModelCalibration, load_calibration
from inhand_sim.links.base import ScaledLink
from inhand_sim.ranges import Normal, Value

STEP = 0.080
"""Time between actions [s]: the step of the paper's environment."""


@dataclass(frozen=True)
class ActionNoiseConfig:
    """Noise of actions in units of the action, whose range is [-1, 1]; `clipped`: what comes out is held within it."""

    additive: Normal
    correlated_additive: Normal
    multiplicative: Normal
    clipped: bool = False


@dataclass
class ActionNoiseState:
    """offset (B, 20) of the episode."""

    offset: np.ndarray


class ActionNoise(ScaledLink[HandAction]):
    """a · (1 + multiplicative) + additive + correlated (Table 8); the smoother holds its output within [-1, 1]."""

    Config = ActionNoiseConfig

    def __init__(self, config: ActionNoiseConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.state = ActionNoiseState(np.zeros((self.batch, N_ACTUATORS)))

    def reset(self, mask: np.ndarray) -> None:
        """Draws the episode's offset in the rows of `mask`."""
        rows = np.flatnonzero(mask)
        offset = self.config.correlated_additive.draw(self.random, (N_ACTUATORS,), rows)
        self.state.offset[rows] = offset * self.randomization_scale[rows, None]

    def apply(self, signal: HandAction, dt: float) -> HandAction:
        """Adds the noise."""
        scale = self.randomization_scale[:, None]
        factor = 1.0 + self.config.multiplicative.draw(self.random, (N_ACTUATORS,)) * scale
        noise = self.config.additive.draw(self.random, (N_ACTUATORS,)) * scale + self.state.offset
        action = signal.action * factor + noise
        return replace(signal, action=np.clip(action, -1.0, 1.0) if self.config.clipped else action)


@dataclass(frozen=True)
class ActionDelayConfig:
    """Probability that an actuator is late in an episode."""

    probability: Value


@dataclass
class ActionDelayState:
    """delayed (B, 20) bool; last (B, 20), the actions of the message before."""

    delayed: np.ndarray
    last: np.ndarray


class ActionDelay(ScaledLink[HandAction]):
    """A delayed actuator gets the action of the message before, 80 ms late (C.2); 0 at an episode's start."""

    Config = ActionDelayConfig

    def __init__(self, config: ActionDelayConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        shape = (self.batch, N_ACTUATORS)
        self.state = ActionDelayState(np.zeros(shape, bool), np.zeros(shape))

    def reset(self, mask: np.ndarray) -> None:
        """Draws which actuators are late in the rows of `mask`."""
        rows = np.flatnonzero(mask)
        chance = self.config.probability.value * self.randomization_scale[rows, None]
        self.state.delayed[rows] = self.random.uniform((N_ACTUATORS,), rows) < chance
        self.state.last[rows] = 0.0

    def apply(self, signal: HandAction, dt: float) -> HandAction:
        """Swaps the late actuators' actions for those before."""
        action = np.where(self.state.delayed, self.state.last, signal.action)
        self.state.last = signal.action.copy()
        return replace(signal, action=action)


@dataclass(frozen=True)
class MotorValues:
    """ln δ of motors for negative and positive actions, where δ is for an action of one radian, [ln(1/(s rad))].

    `values` is None where none shall be used.
    """

    values: dict[str, tuple[float, float]] | None
    unit: str
    source: str

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.values or ()) - set(ACTUATOR_NAMES)):
            raise ConfigError(f"unknown motors {unknown}; known {list(ACTUATOR_NAMES)}")


@dataclass(frozen=True)
class BacklashConfig:
    """Slack of the tendons.

    Attributes:
        increment: what the way to the slack's end is compared with: "unclipped", how far the action would move the
            slack, or "clipped", how far it moves it.
        log_delta: of a motor that nothing else is known of, for a full action [ln(1/s)].
        motors: what is published for motors.
        spread: of the logarithm, per episode, motor and direction.
        min_delta: floor of δ [1/(s rad)].
        calibration: file of `inhand calibrate model`, whose values of a motor and direction, for a full action
            [ln(1/s)], take the place of the above; empty: none.
    """

    increment: Literal["unclipped", "clipped"]
    log_delta: Value
    motors: MotorValues
    spread: Normal
    min_delta: Value
    calibration: str = ""

    def __post_init__(self) -> None:
        if not self.min_delta.value > 0.0:
            raise ConfigError(f"min_delta must be > 0, is {self.min_delta.value}")

    def log_deltas(self) -> np.ndarray:
        """ln δ (20, 2) for full negative and positive actions [ln(1/s)]; δ of a radian times half of the range."""
        values = np.full((N_ACTUATORS, 2), self.log_delta.value)
        for name, pair in (self.motors.values or {}).items():
            motor = ACTUATOR_INDEX[name]
            values[motor] = np.array(pair) + np.log(half_ranges()[motor])
        found = load_calibration(self.calibration) if self.calibration else ModelCalibration()
        return found.log_delta(values)


def half_ranges() -> np.ndarray:
    """(20,) [rad] how far a full action moves a motor's target."""
    lower, upper = actuator_ranges().T
    return 0.5 * (upper - lower)


@dataclass
class BacklashState:
    """slack (B, 20) in [-1, 1]; delta (B, 20, 2) [1/s] for negative and positive actions."""

    slack: np.ndarray
    delta: np.ndarray


class Backlash(ScaledLink[HandAction]):
    """The tendons' slack takes up part of an action that changes direction (C.2).

        s' = s + a δ Δt,  α = 1 − clip(|sgn(a) − s| / (|s' − s| + ε), 0, 1),  s ← clip(s', −1, 1),  a_out = α a

    with δ that of the action's direction, Δt = 80 ms and ε = 1e−12: what is left of an action beyond the slack's end
    passes. With `increment: clipped`, as the paper prints it, s' in α is the clipped one: then α is 0 in every step
    that takes up slack, even its last hundredth.
    """

    Config = BacklashConfig

    def __init__(self, config: BacklashConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        shape = (self.batch, N_ACTUATORS)
        self._log_delta = config.log_deltas()
        self._floor = np.log(config.min_delta.value * half_ranges())[:, None]
        self.state = BacklashState(np.zeros(shape), np.ones((*shape, 2)))

    def reset(self, mask: np.ndarray) -> None:
        """Draws δ and puts the slack in the middle in the rows of `mask`."""
        config, rows = self.config, np.flatnonzero(mask)
        drawn = self._log_delta + config.spread.draw(self.random, (N_ACTUATORS, 2), rows)
        self.state.delta[rows] = np.exp(np.maximum(drawn, self._floor))
        self.state.slack[rows] = 0.0

    def apply(self, signal: HandAction, dt: float) -> HandAction:
        """Moves the slack and scales the action."""
        state, action = self.state, signal.action
        delta = np.where(action < 0.0, state.delta[..., 0], state.delta[..., 1])
        moved = state.slack + action * delta * STEP
        slack = np.clip(moved, -1.0, 1.0)
        moved = slack if self.config.increment == "clipped" else moved
        taken = np.abs(np.sign(action) - state.slack) / (np.abs(moved - state.slack) + 1e-12)
        state.slack = slack
        lost = np.clip(taken, 0.0, 1.0) * self.randomization_scale[:, None]
        return replace(signal, action=(1.0 - lost) * action)
