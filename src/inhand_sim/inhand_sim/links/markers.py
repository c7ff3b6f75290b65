"""Links on mocap/markers: noise (Table 7) and loss (C.2) of the fingertip markers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inhand_core.signals import Markers
from inhand_sim.layout import FINGERTIP_MARKERS
from inhand_sim.links.base import ScaledLink
from inhand_sim.ranges import Normal, Value

N_TIPS = len(FINGERTIP_MARKERS)


@dataclass(frozen=True)
class MarkerNoiseConfig:
    """Noise of fingertip markers: per episode and per message."""

    correlated: Normal
    uncorrelated: Normal


@dataclass
class MarkerNoiseState:
    """offset (B, 5, 3) [m] of the episode; last (B, 5, 3) noisy positions, kept while a marker is hidden."""

    offset: np.ndarray
    last: np.ndarray


class MarkerNoise(ScaledLink[Markers]):
    """Gaussian noise on fingertip markers (Table 7). A hidden marker keeps the noisy position it was last seen at."""

    Config = MarkerNoiseConfig

    def __init__(self, config: MarkerNoiseConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        shape = (self.batch, N_TIPS, 3)
        self.state = MarkerNoiseState(np.zeros(shape), np.full(shape, np.nan))

    def reset(self, mask: np.ndarray) -> None:
        """Draws the episode's offset in the rows of `mask`."""
        rows = np.flatnonzero(mask)
        offset = self.config.correlated.draw(self.random, (N_TIPS, 3), rows)
        self.state.offset[rows] = offset * self.randomization_scale[rows, None, None]
        self.state.last[rows] = np.nan

    def apply(self, signal: Markers, dt: float) -> Markers:
        """Adds offset and noise to the fingertip markers that are seen."""
        state, position = self.state, signal.position.copy()
        tips = position[:, FINGERTIP_MARKERS]
        noise = self.config.uncorrelated.draw(self.random, (N_TIPS, 3)) * self.randomization_scale[:, None, None]
        noisy = tips + state.offset + noise
        keep = (signal.condition[:, FINGERTIP_MARKERS] <= 0.0)[..., None] & ~np.isnan(state.last)
        state.last = np.where(keep, state.last, noisy)
        position[:, FINGERTIP_MARKERS] = state.last
        return replace(signal, position=position)


@dataclass(frozen=True)
class MarkerLossConfig:
    """Rate [1/s] at which a seen marker is lost, and for how long [s]."""

    rate: Value
    duration: Value


@dataclass
class MarkerLossState:
    """remaining (B, 5) [s] until each marker is back; last (B, 5, 3) [m] where it was seen, NaN before."""

    remaining: np.ndarray
    last: np.ndarray


class MarkerLoss(ScaledLink[Markers]):
    """Fingertip markers vanish now and then for a while (C.2); their last position stays, condition 0."""

    Config = MarkerLossConfig

    def __init__(self, config: MarkerLossConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.state = MarkerLossState(np.zeros((self.batch, N_TIPS)), np.full((self.batch, N_TIPS, 3), np.nan))

    def reset(self, mask: np.ndarray) -> None:
        """All markers of the rows of `mask` are back, and are seen in the next message."""
        self.state.remaining[mask] = 0.0
        self.state.last[mask] = np.nan

    def apply(self, signal: Markers, dt: float) -> Markers:
        """Loses markers with probability 1 − exp(−rate · dt) and holds those that are lost."""
        state = self.state
        tips = signal.position[:, FINGERTIP_MARKERS]
        state.remaining = np.maximum(state.remaining - dt, 0.0)
        chance = -np.expm1(-self.config.rate.value * dt) * self.randomization_scale[:, None]
        known = ~np.isnan(state.last[..., 0])
        new = (self.random.uniform((N_TIPS,)) < chance) & (state.remaining < 1e-9) & known
        state.remaining = np.where(new, self.config.duration.value, state.remaining)
        lost = state.remaining >= 1e-9
        state.last = np.where(lost[..., None], state.last, tips)
        position, condition = signal.position.copy(), signal.condition.copy()
        position[:, FINGERTIP_MARKERS] = state.last
        condition[:, FINGERTIP_MARKERS] = np.where(lost, 0.0, condition[:, FINGERTIP_MARKERS])
        return Markers(position, condition)
