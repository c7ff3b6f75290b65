"""The simulator that policies are trained in: position servos, one step of 80 ms at a time, thousands of worlds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from mujoco.batch import Batch

from inhand_core.config import ConfigError
from inhand_core.signals import JointStates
from inhand_sim.draws import WorldDraw
from inhand_sim.failures import FailureResetConfig, FailureResets
from inhand_sim.hand import actuator_position, relative_target
from inhand_sim.ports import TrainingSimInputs, TrainingSimOutputs
from inhand_sim.warp_batch import WarpBatch, WarpConfig
from inhand_sim.worlds import NOMINAL_STEP, NOTHING, Worlds, WorldsConfig


@dataclass(frozen=True, kw_only=True)
class TrainingSimConfig(WorldsConfig):
    """`WorldsConfig` and the division of a step. Values and texts in config/training_sim.yaml."""

    substeps: int
    timestep: float
    physics: Literal["cpu", "warp"]
    warp: WarpConfig
    failure_resets: FailureResetConfig

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.substeps < 1 or not self.timestep > 0.0:
            raise ConfigError(f"substeps must be >= 1 and timestep > 0, are {self.substeps} and {self.timestep}")


class TrainingSim(Worlds[TrainingSimInputs, TrainingSimOutputs]):
    """Actions in, markers out; every step is `substeps` physics steps.

    An action becomes the servos' target when it is given: joint angle now plus action times half of the range,
    clipped, as in the controller (paper C.1). Until the first action the servos hold the start state's angles.

    Markers are as old as one physics step, 8 ms: two frames of a motion-capture system, about what a real one takes to
    deliver them. It also saves the kinematics and the contacts of one step in eleven.

    Attributes:
        before_failure: (B,) bool, rows whose episode began shortly before a failure.
    """

    shown = NOTHING
    _failures: FailureResets | None = None

    Config = TrainingSimConfig

    def __init__(self, config: TrainingSimConfig, seeds: np.ndarray) -> None:
        self.before_failure = np.zeros(len(seeds), bool)
        super().__init__(config, seeds, "servo", config.timestep)
        if config.failure_resets.share:
            nominal = WorldDraw.nominal(config.failure_resets.size, *self.state.draw.sizes)
            tick_s = config.substeps * config.timestep
            self._failures = FailureResets(config.failure_resets, self._qpos, self._qvel, nominal, tick_s)
            self.state.failures = self._failures.state
            self._failures.state.began = self.before_failure

    def _make_batch(self) -> Batch:
        if self.config.physics == "warp":
            return WarpBatch(self.model, self.batch, self.config.threads, self.config.warp)
        return super()._make_batch()

    def reset(self, mask: np.ndarray) -> None:
        """As `Worlds.reset`, or to a state from before a failure, in its world; the servos' targets become the start
        state's angles."""
        rest = mask.copy()
        self.before_failure[mask] = False
        if self._failures is not None:
            rest[self._begin_before_failures(np.flatnonzero(mask))] = False
        super().reset(rest)
        rows = np.flatnonzero(mask)
        self._ctrl[rows] = actuator_position(self._qpos[np.ix_(rows, self.layout.joint_qpos)])

    def note_failures(self, rows: np.ndarray) -> None:
        """Keeps a state from before now of each of the rows (n,), for episodes to begin from."""
        if self._failures is not None:
            self._failures.keep(rows, self.state.ticks, self.state.draw, self.random)

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        super().restore(saved)
        if self._failures is not None:
            self._failures.state = self.state.failures
            self.before_failure = self._failures.state.began

    def _begin_before_failures(self, rows: np.ndarray) -> np.ndarray:
        """Begins the episodes of those of the rows (n,) that are drawn for it; returns which."""
        failures = self._failures
        assert failures is not None, "asked for where there are some alone"
        chosen, places = failures.choose(rows, self.random)
        if chosen.size:
            qpos, qvel = failures.give(chosen, places, self.state.draw)
            self._drawer.draw_rest(self.state.draw, chosen, self.random, self.randomization_scale[chosen])
            self._models.write(self.state.draw, chosen)
            self._put(chosen, qpos, qvel)
            self.before_failure[chosen] = True
        return chosen

    def step(self, inputs: TrainingSimInputs, dt: float) -> TrainingSimOutputs:
        """Applies the action for one step; rows that were just reset only show their start state."""
        if "action" in inputs:
            self._ctrl[:] = relative_target(inputs["action"].action, self._qpos[:, self.layout.joint_qpos])
        self._push_object()
        still = self.state.fresh | self.asleep
        self._advance(self.config.substeps, stretch=self.config.timestep / NOMINAL_STEP)
        if self._failures is not None:
            self._failures.remember(self.state.ticks, self._qpos, self._qvel, still | self.diverged)
        return {"markers": self._markers(), "joint_states": self._joint_states()}

    def _joint_states(self) -> JointStates:
        """The joints as they are now; what a controller would make of exact sensors. Efforts are left at 0."""
        position = self._qpos[:, self.layout.joint_qpos]
        return JointStates(position, self._qvel[:, self.layout.joint_dofs], np.zeros_like(position))
