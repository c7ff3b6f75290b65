"""Replays windows of actions open loop in many worlds at once: one world a candidate and window."""

from __future__ import annotations

import numpy as np
from mujoco.batch import Batch, SimulationError

from inhand_calibration.model.parameters import Parameter, described_backlash
from inhand_calibration.model.windows import ACTION_PERIOD, GROUP_JOINTS, Windows
from inhand_core.random import row_seeds
from inhand_core.signals import N_ACTUATORS, HandAction
from inhand_description import ACTUATOR_INDEX, JOINT_INDEX, ModelConfig, build_model
from inhand_sim.hand import relative_target
from inhand_sim.links.actions import Backlash

_FIELDS = (
    "dof_damping",
    "qpos_spring",
    "dof_frictionloss",
    "jnt_stiffness",
    "jnt_margin",
    "jnt_range",
    "actuator_gainprm",
    "actuator_biasprm",
    "actuator_forcerange",
)
_DIVERGED = 10.0
"""Joint error [rad] of a world that went bad."""


class GroupReplay:
    """The windows of one finger in `candidates` x W worlds of the training model (position servos, no object).

    Args:
        windows: what is replayed, W of them.
        actions: (A, 20) all actions of the recording; a tendon's slack depends on those before a window.
        parameters: the coordinates' meaning.
        candidates: number K of parameter vectors that one call can compare.
        threads: physics threads; 0: one a core.
        timestep: physics step [s].
    """

    def __init__(
        self,
        windows: Windows,
        actions: np.ndarray,
        parameters: tuple[Parameter, ...],
        candidates: int,
        threads: int,
        timestep: float,
    ) -> None:
        self.windows, self.candidates = windows, candidates
        self._actions, self._parameters = actions, parameters
        self._joints = GROUP_JOINTS[windows.group]
        self._model = build_model(ModelConfig(object="none", timestep=timestep))
        self._substeps = round(ACTION_PERIOD / timestep)
        self._batch = Batch(self._model, nsim=candidates * len(windows), nthread=threads)
        self._fields = {name: self._batch.expand(name) for name in _FIELDS}
        self._qpos, self._qvel, self._ctrl = (self._batch.bind(name) for name in ("qpos", "qvel", "ctrl"))
        self._blank = self._batch.state[0].copy()
        self._log_delta = described_backlash().log_deltas()
        self._with_slack = any(p.kind.startswith("log_delta") for p in parameters)
        self._slack: tuple[bytes, np.ndarray] = (b"", actions[None])

    def errors(self, coordinates: np.ndarray) -> np.ndarray:
        """Errors (K', W, n, J) [rad] of the finger's joints after each action, for candidates (K', P), K' <= K."""
        return np.abs(self.paths(coordinates)[..., self._joints] - self.windows.path[..., self._joints]).clip(
            max=_DIVERGED
        )

    def paths(self, coordinates: np.ndarray) -> np.ndarray:
        """Simulated joint angles (K', W, n, 24) [rad] after each action; far off where a world went bad."""
        count, (number, length) = len(coordinates), self.windows.path.shape[:2]
        ids = np.arange(count * number)
        self._write(coordinates, number)
        self._batch.state[ids] = self._blank
        self._batch.warning[ids] = 0
        self._qpos[ids] = np.tile(self.windows.position, (count, 1))
        self._qvel[ids] = np.tile(self.windows.velocity, (count, 1))
        taken = self._after_backlash(coordinates)
        paths = np.zeros((len(ids), length, len(JOINT_INDEX)))
        for step in range(length):
            action = taken[:, self.windows.first + step].reshape(-1, N_ACTUATORS)
            self._ctrl[ids] = relative_target(action, self._qpos[ids], to_stops=True)  # as the exercise is recorded
            try:
                self._batch.step(ids, nstep=self._substeps)
            except SimulationError as error:
                self._qpos[list(error.ids)] = 1e3
            paths[:, step] = self._qpos[ids]
        bad = self._batch.warning[ids][:, :, 1].any(axis=1) | ~np.isfinite(paths).all(axis=(1, 2))
        paths[bad] = 1e3
        return paths.reshape(count, number, length, -1)

    def _write(self, coordinates: np.ndarray, number: int) -> None:
        """Puts each candidate's values into its worlds."""
        fields, rows = self._fields, slice(0, len(coordinates) * number)
        for index, parameter in enumerate(self._parameters):
            column = coordinates[:, index]
            values = np.repeat(np.exp(column) if parameter.described.log else column, number)
            if parameter.of_joint:
                place = JOINT_INDEX[parameter.owner]
                _JOINT_WRITERS[parameter.kind](fields, rows, place, values)
            elif parameter.kind == "kp":
                place = ACTUATOR_INDEX[parameter.owner]
                fields["actuator_gainprm"][rows, place, 0] = values
                fields["actuator_biasprm"][rows, place, 1] = -values
            elif parameter.kind == "force":
                place = ACTUATOR_INDEX[parameter.owner]
                fields["actuator_forcerange"][rows, place] = values[:, None] * [-1.0, 1.0]

    def _after_backlash(self, coordinates: np.ndarray) -> np.ndarray:
        """Actions (K' or 1, A, 20) that pass each candidate's slack; the last answer is kept."""
        if not self._with_slack:
            return np.broadcast_to(self._actions, (len(coordinates), *self._actions.shape))
        delta = np.tile(np.exp(self._log_delta), (len(coordinates), 1, 1))
        for index, parameter in enumerate(self._parameters):
            if parameter.kind.startswith("log_delta"):
                side = int(parameter.kind == "log_delta_positive")
                delta[:, ACTUATOR_INDEX[parameter.owner], side] = np.exp(coordinates[:, index])
        if self._slack[0] != delta.tobytes():
            self._slack = (delta.tobytes(), after_backlash(self._actions, delta))
        return self._slack[1]


def after_backlash(actions: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """What passes (K, A, 20) of actions (A, 20), the slack beginning in the middle; delta (K, 20, 2) [1/s]."""
    link = Backlash(described_backlash(), row_seeds(0, len(delta)))
    link.state.delta = delta
    out = np.empty((len(delta), *actions.shape))
    bins = np.full((len(delta), N_ACTUATORS), -1)
    for index, action in enumerate(actions):
        signal = HandAction(np.tile(action, (len(delta), 1)), bins, np.zeros(len(delta), int))
        out[:, index] = link.apply(signal, ACTION_PERIOD).action
    return out


def _column(name: str, *tail: int):
    def write(fields: dict[str, np.ndarray], rows: slice, place: int, values: np.ndarray) -> None:
        fields[name][(rows, place, *tail)] = values

    return write


_JOINT_WRITERS = {
    "damping": _column("dof_damping"),
    "equilibrium": _column("qpos_spring"),
    "friction_loss": _column("dof_frictionloss"),
    "stiffness": _column("jnt_stiffness"),
    "margin": _column("jnt_margin"),
    "lower": _column("jnt_range", 0),
    "upper": _column("jnt_range", 1),
}
