"""Start states in the episode's own world: 100 steps of random actions there, drawn again where it is dropped (C.1)."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError

from inhand_core import rotations
from inhand_core.random import RowRandom
from inhand_description import ACTUATOR_NAMES, MARKERS
from inhand_sim.draws import PHYSICS, Drawer, WorldDraw
from inhand_sim.hand import relative_target
from inhand_sim.layout import find_layout
from inhand_sim.randomization import WorldModels
from inhand_sim.scene import is_dropped, start_position
from inhand_sim.start_states import STEP, StartStateConfig

MAX_ATTEMPTS = 50
"""Attempts in a world until another is drawn. With all of Table 1 drawn, 3 of 4 attempts keep the block."""
KEPT = 4
"""Worlds that a row keeps for more than one episode."""


@dataclass
class Settled:
    """Worlds with a state to start from: the draw, whose fields `PHYSICS` count, and the state.

    Attributes:
        draw: of the world.
        qpos: (B, nq) and qvel: (B, nv) after the random actions.
        scale: (B,) spread that the world was drawn with; NaN where the row has none.
    """

    draw: WorldDraw
    qpos: np.ndarray
    qvel: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Given:
    """What n rows start with: the fields `PHYSICS` of their draws by name, qpos (n, nq), qvel (n, nv)."""

    physics: dict[str, np.ndarray]
    qpos: np.ndarray
    qvel: np.ndarray


@dataclass
class SettlingState:
    """Everything that changes.

    Attributes:
        kept: what the rows have been given, `KEPT` of them, or one where none is used again; `newest`: (B,) the place
            of the last new one; `last`: (B,) of what the row was last given, -1 before.
        draw: (B rows) of the worlds being settled; scale: (B,) spread that they were drawn with.
        physics: (B, n) MuJoCo's integration states, a live view of the batch.
        action: (B, 20) moving average of the random actions.
        age: (B,) steps since the object was let go; attempts: (B,) in this world.
        begun: (B,) bool, a world is being settled or has been; done: (B,) bool, it has been.
        clock: (B,) steps in the background that are due.
        redrawn: (B,) worlds given up after `MAX_ATTEMPTS`.
        counter: (B,) of the random streams, a live view.
    """

    kept: list[Settled]
    newest: np.ndarray
    last: np.ndarray
    draw: WorldDraw
    scale: np.ndarray
    physics: np.ndarray
    action: np.ndarray
    age: np.ndarray
    attempts: np.ndarray
    begun: np.ndarray
    done: np.ndarray
    clock: np.ndarray
    redrawn: np.ndarray
    counter: np.ndarray


class Settling:
    """One world a row that is settled while the row's own is played in, so that a reset takes world and state together.

    A row makes `ahead` steps of this for each 80 ms of its episode, by a clock of its own, so that it depends on no
    other row; more, as long as it has fewer than `KEPT` worlds. Where the next one is not ready at a reset, it is
    finished then; if `reuse`, a row that has `KEPT` is given one of those again, with its start state. A row with only
    one, whose start is lost in a step, would begin every other step: such rows, 2 in 100, had 97 % of all drops.

    All worlds are given as often as each other: how long one takes to be settled says nothing of how often it is used
    itself, and a start that is soon lost is not used again because it is soon over, as it would be if a row had but
    one. Left out are worlds that drop the object `MAX_ATTEMPTS` times.

    Args:
        config: how states are made.
        model: the episodes' model with position servos, at the time step that states are made with.
        drawer: of the worlds.
        min_joint_span: see `WorldModels`.
        seeds: (B,) row seeds.
        threads: physics threads; 0: one a core.
    """

    def __init__(
        self,
        config: StartStateConfig,
        model: mujoco.MjModel,
        drawer: Drawer,
        min_joint_span: float,
        seeds: np.ndarray,
        threads: int,
    ) -> None:
        b = len(seeds)
        self.config, self._drawer, self._layout = config, drawer, find_layout(model)
        self.random = RowRandom(seeds, "Settling")
        self._worlds = Batch(model, nsim=b, nthread=threads)
        self._qpos, self._qvel = self._worlds.bind("qpos"), self._worlds.bind("qvel")
        self._ctrl, self._nominal_row = self._worlds.bind("ctrl"), self._worlds.state[0].copy()
        self._models = WorldModels(self._worlds, self._layout, min_joint_span)
        self._substeps = round(STEP / model.opt.timestep)

        def draw() -> WorldDraw:
            joints = len(self._layout.joints)
            return WorldDraw.nominal(b, model.nbody, joints, len(ACTUATOR_NAMES), len(MARKERS))

        kept = [
            Settled(draw(), self._qpos.copy(), self._qvel.copy(), np.full(b, np.nan))
            for _ in range(KEPT if config.reuse else 1)
        ]
        self.state = SettlingState(
            kept=kept,
            newest=np.full(b, -1),
            last=np.full(b, -1),
            draw=draw(),
            scale=np.zeros(b),
            physics=self._worlds.state,
            action=np.zeros((b, model.nu)),
            age=np.zeros(b, np.int64),
            attempts=np.zeros(b, np.int64),
            begun=np.zeros(b, bool),
            done=np.zeros(b, bool),
            clock=self.random.uniform(),  # rows take turns
            redrawn=np.zeros(b, np.int64),
            counter=self.random.counter,
        )

    def give(self, rows: np.ndarray, scale: np.ndarray, again: np.ndarray) -> Given:
        """The worlds and states that the rows `rows` (n,) start with.

        Args:
            rows: row indices.
            scale: (n,) spread of their worlds; one that was drawn with another is not taken.
            again: (n,) bool, what the row was last given has not been used.
        """
        state, every = self.state, np.arange(len(rows))
        narrowed = rows[state.scale[rows] != scale]
        state.begun[narrowed] = state.done[narrowed] = False
        state.scale[rows] = scale
        fits = np.stack([kept.scale[rows] == scale for kept in state.kept], axis=1)
        unused = again & (state.last[rows] >= 0) & fits[every, state.last[rows]]
        new = ~unused & (state.done[rows] | ~fits.all(axis=1) | (not self.config.reuse))
        self._keep_next(rows[new])
        another = rows[~unused & ~new]
        state.last[another] = _one_of(fits[~unused & ~new], self.random.uniform((), another))
        return self._at(rows, state.last[rows])

    def _keep_next(self, rows: np.ndarray) -> None:
        """Finishes the next worlds of the rows (n,), and keeps them in place of the oldest."""
        state = self.state
        self._draw(rows[~state.begun[rows]])
        self._settle(rows)
        state.newest[rows] = (state.newest[rows] + 1) % len(state.kept)
        state.last[rows] = state.newest[rows]
        for place, kept in enumerate(state.kept):
            here = rows[state.newest[rows] == place]
            kept.draw.put(here, {name: getattr(state.draw, name)[here] for name in PHYSICS})
            kept.qpos[here], kept.qvel[here] = self._qpos[here], self._qvel[here]
            kept.scale[here] = state.scale[here]
        state.begun[rows] = state.done[rows] = False

    def _at(self, rows: np.ndarray, place: np.ndarray) -> Given:
        """What the rows (n,) keep at these places (n,)."""
        kept, every = self.state.kept, np.arange(len(rows))

        def picked(values: list[np.ndarray]) -> np.ndarray:
            return np.stack([value[rows] for value in values])[place, every]

        physics = {name: picked([getattr(k.draw, name) for k in kept]) for name in PHYSICS}
        return Given(physics, picked([k.qpos for k in kept]), picked([k.qvel for k in kept]))

    def advance(self, seconds: float, resting: np.ndarray) -> None:
        """Settles in the background while episodes go on by `seconds`, but in `resting` rows (B,) bool."""
        state = self.state
        if not self.config.ahead:
            return
        filled = np.sum([kept.scale == state.scale for kept in state.kept], axis=0)
        pace = self.config.ahead * len(state.kept) / np.maximum(filled, 1)
        state.clock += np.where(resting | state.done, 0.0, pace * (seconds / STEP))
        while (due := state.clock >= 1.0).any():
            state.clock -= due
            self._draw(np.flatnonzero(due & ~state.begun))
            self._step(np.flatnonzero(due & ~state.done))

    def restore(self, saved: SettlingState) -> None:
        """Goes back to a deep copy of `state`."""
        live = self._worlds.state
        self.state = copy.deepcopy(saved)
        self.random.counter = self.state.counter
        self._models.write(self.state.draw, np.arange(len(live)))
        live[:] = saved.physics
        self.state.physics = live
        self._worlds.warning[:] = 0

    def _draw(self, rows: np.ndarray) -> None:
        """Draws the worlds of the rows (n,) at their scale, and lets the object go in them."""
        if not len(rows):
            return
        state = self.state
        self._drawer.draw_physics(state.draw, rows, self.random, state.scale[rows])
        self._models.write(state.draw, rows)
        state.begun[rows], state.done[rows], state.attempts[rows] = True, False, 0
        self._let_go(rows)

    def _let_go(self, rows: np.ndarray) -> None:
        """A new attempt: the object above the palm in a random orientation, the hand as in the model."""
        state, layout = self.state, self._layout
        self._worlds.state[rows], self._worlds.warning[rows] = self._nominal_row, 0
        limits, joints = self._models.limits(rows), np.ix_(rows, layout.joint_qpos)
        self._qpos[joints] = np.clip(self._qpos[joints], limits[..., 0], limits[..., 1])
        self._qpos[np.ix_(rows, layout.object_qpos[:3])] = start_position(layout)
        self._qpos[np.ix_(rows, layout.object_qpos[3:])] = rotations.xyzw_to_wxyz(self.random.quaternion(rows))
        state.action[rows], state.age[rows] = 0.0, 0
        state.attempts[rows] += 1
        state.done[rows] = not self.config.random_steps

    def _settle(self, rows: np.ndarray) -> None:
        while len(rows := rows[~self.state.done[rows]]):
            self._step(rows)

    def _step(self, rows: np.ndarray) -> None:
        """80 ms of random actions in the rows (n,); one that drops the object lets it go again."""
        if not len(rows):
            return
        state, layout = self.state, self._layout
        new = 2.0 * self.random.uniform((state.action.shape[1],), rows) - 1.0
        state.action[rows] += self.config.smoothing * (new - state.action[rows])
        self._ctrl[rows] = relative_target(state.action[rows], self._qpos[np.ix_(rows, layout.joint_qpos)])
        failed = np.zeros(len(state.age), bool)
        try:
            self._worlds.step(rows, nstep=self._substeps)
        except SimulationError as error:
            failed[list(error.ids)] = True
        failed |= self._worlds.warning[:, :, 1].any(axis=1) | ~np.isfinite(self._qpos).all(axis=1)
        lost = failed[rows] | is_dropped(layout, self._qpos[np.ix_(rows, layout.object_qpos[:3])])
        state.age[rows] += 1
        state.done[rows] = ~lost & (state.age[rows] >= self.config.random_steps)
        rows = rows[lost]
        hopeless = state.attempts[rows] >= MAX_ATTEMPTS
        state.redrawn[rows[hopeless]] += 1
        self._draw(rows[hopeless])
        self._let_go(rows[~hopeless])


def _one_of(fits: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Places (n,) drawn uniformly among those that fit (n, places) bool, by numbers u (n,) in [0, 1)."""
    wanted = np.floor(u * fits.sum(axis=1))[:, None]
    return (fits & (np.cumsum(fits, axis=1) - 1 == wanted)).argmax(axis=1)
