"""Smoothing of the policy's actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from inhand_core.component import Component
from inhand_core.config import check_config
from inhand_core.ranges import FRACTION, POSITIVE
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_policy.ports import ActionSmootherInputs, ActionSmootherOutputs


@dataclass(frozen=True)
class SmootherConfig:
    """Exponential moving average of the actions. Values and texts in config/smoother.yaml."""

    coefficient: Annotated[float, FRACTION]
    period_s: Annotated[float, POSITIVE]
    weights: Literal["new", "previous"]

    def __post_init__(self) -> None:
        check_config(self)

    @property
    def keep(self) -> float:
        """Share of the previous average that remains after one `period_s`."""
        return 1.0 - self.coefficient if self.weights == "new" else self.coefficient


@dataclass
class SmootherState:
    """average (B, 20): the last output; zero at the start of a trial."""

    average: np.ndarray


class ActionSmoother(Component[ActionSmootherInputs, ActionSmootherOutputs]):
    """Exponential moving average of actions, from zero at the start of a trial; paper C.1 and footnote 15.

    What comes out is held within [-1, 1], which noise on the way here may leave.
    """

    Config = SmootherConfig

    def __init__(self, config: SmootherConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.state = SmootherState(np.zeros((self.batch, N_ACTUATORS)))

    def reset(self, mask: np.ndarray) -> None:
        """Rows of `mask` (B,) start from zero again."""
        self.state.average[mask] = 0.0

    def step(self, inputs: ActionSmootherInputs, dt: float) -> ActionSmootherOutputs:
        """Smooths one action; `dt` [s] since the last one, 0 at the first."""
        action = inputs["action"]
        keep = self.config.keep ** ((dt or self.config.period_s) / self.config.period_s)
        self.state.average = keep * self.state.average + (1.0 - keep) * action.action
        none = np.full((self.batch, N_ACTUATORS), -1, np.int64)
        return {"action": HandAction(np.clip(self.state.average, -1.0, 1.0), none, action.trial_id)}
