"""Links on hand/action: noise (Table 8), delay and backlash (C.2), in this order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_description.calibration import ModelCalibration, load_calibration
from inhand_sim.links.base import ScaledLink
from inhand_sim.ranges import Normal, Value

STEP = 0.080
"""Time between actions [s]: the step of the paper's environment."""


@dataclass(frozen=True)
class ActionNoiseConfig:
    """Noise of actions in units of the action, whose range is [-1, 1]."""

    additive: Normal
    correlated_additive: Normal
    multiplicative: Normal


@dataclass
class ActionNoiseState:
    """offset (B, 20) of the episode."""

    offset: np.ndarray


class ActionNoise(ScaledLink[HandAction]):
    """a · (1 + multiplicative) + additive + correlated, clipped to [-1, 1] (Table 8)."""

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
        return replace(signal, action=np.clip(signal.action * factor + noise, -1.0, 1.0))


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
class BacklashConfig:
    """Slack of the tendons: log_delta and its floor [ln(1/s)], spread per episode.

    `calibration` names a file of `inhand calibrate model`, whose values of each actuator and direction take the place
    of `log_delta`; empty: none.
    """

    log_delta: Value
    spread: Normal
    min_log_delta: Value
    calibration: str = ""


@dataclass
class BacklashState:
    """slack (B, 20) in [-1, 1]; delta (B, 20, 2) [1/s] for negative and positive actions."""

    slack: np.ndarray
    delta: np.ndarray


class Backlash(ScaledLink[HandAction]):
    """The tendons' slack takes up part of an action that changes direction (C.2).

        s' = clip(s + a δ Δt, −1, 1),  α = 1 − clip(|sgn(a) − s| / (|s' − s| + ε), 0, 1),  a_out = α a,  ε = 1e−12

    with δ that of the action's direction and Δt = 80 ms.
    """

    Config = BacklashConfig

    def __init__(self, config: BacklashConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        shape = (self.batch, N_ACTUATORS)
        found = load_calibration(config.calibration) if config.calibration else ModelCalibration()
        self._log_delta = found.log_delta(config.log_delta.value)
        self.state = BacklashState(np.zeros(shape), np.ones((*shape, 2)))

    def reset(self, mask: np.ndarray) -> None:
        """Draws δ and puts the slack in the middle in the rows of `mask`."""
        config, rows = self.config, np.flatnonzero(mask)
        drawn = self._log_delta + config.spread.draw(self.random, (N_ACTUATORS, 2), rows)
        self.state.delta[rows] = np.exp(np.maximum(drawn, config.min_log_delta.value))
        self.state.slack[rows] = 0.0

    def apply(self, signal: HandAction, dt: float) -> HandAction:
        """Moves the slack and scales the action."""
        state, action = self.state, signal.action
        delta = np.where(action < 0.0, state.delta[..., 0], state.delta[..., 1])
        slack = np.clip(state.slack + action * delta * STEP, -1.0, 1.0)
        taken = np.abs(np.sign(action) - state.slack) / (np.abs(slack - state.slack) + 1e-12)
        state.slack = slack
        lost = np.clip(taken, 0.0, 1.0) * self.randomization_scale[:, None]
        return replace(signal, action=(1.0 - lost) * action)
