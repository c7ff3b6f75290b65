"""B worlds of hand and object on MuJoCo's batch: episodes, randomisation, markers, and a guard against bad states."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Literal

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError

from inhand_core import rotations
from inhand_core.component import Component, In, Out
from inhand_core.config import ConfigError
from inhand_core.signals import Markers
from inhand_description import ACTUATOR_NAMES, FINGERTIP_TORSION, MARKERS, ModelConfig, build_model
from inhand_description.model import Actuation
from inhand_description.objects import check_object
from inhand_sim.draws import Drawer, WorldDraw
from inhand_sim.failures import FailureState
from inhand_sim.forces import ObjectForces
from inhand_sim.layout import FINGERTIP_MARKERS, find_layout
from inhand_sim.occlusion import NailOcclusion
from inhand_sim.randomization import WorldModels
from inhand_sim.ranges import WorldRanges, load_world_ranges, sections_on
from inhand_sim.settling import Settling, SettlingState
from inhand_sim.start_states import StartStateConfig, load_start_states
from inhand_sim.truth import Truth, read_truth

POSITIONS, NOTHING = mujoco.mjtStage.mjSTAGE_POS.value, mujoco.mjtStage.mjSTAGE_NONE.value
NOMINAL_STEP = 0.008
"""Length [s] of the physics step that the paper's timing randomisation adds to."""
SEEN, LOST = 1.0, 0.0
"""Values of a marker's condition."""
MAX_BAD_STATES = 16
"""Bad states kept until somebody takes them."""


@dataclass(frozen=True, kw_only=True)
class WorldsConfig:
    """What both simulators share.

    Attributes:
        start_states: the states that episodes begin from.
        object: its name, or the path of its file.
        threads: physics threads; 0 for one a core.
        cone: friction cone, "pyramidal" or "elliptic"; iterations, ls_iterations: of the Newton solver.
        locked_wrist: the pitch of the wrist is held by narrow limits.
        randomization: groups of config/randomization.yaml that are on.
        ranges: the worlds' sections of that file.
        calibration: file of `inhand calibrate model`, about whose values the hand is randomised; empty: the tables.
        friction: what has a factor of its own on its friction: "surfaces", hand and object each, or "all" the same.
        fingertip_torsion: torsional friction of the fingertips [m].
    """

    start_states: StartStateConfig
    object: str
    threads: int
    cone: Literal["pyramidal", "elliptic"]
    iterations: int
    ls_iterations: int
    locked_wrist: bool
    randomization: tuple[str, ...] = ()
    ranges: WorldRanges = field(default_factory=load_world_ranges)
    calibration: str = ""
    friction: Literal["surfaces", "all"] = "surfaces"
    fingertip_torsion: float = FINGERTIP_TORSION

    def __post_init__(self) -> None:
        check_object(self.object)
        if self.threads < 0:
            raise ConfigError(f"threads must be >= 0, is {self.threads}")
        if self.friction not in ("surfaces", "all"):
            raise ConfigError(f"friction: {self.friction!r} is not one of ['surfaces', 'all']")
        if not 0.0 <= self.fingertip_torsion <= 1.0:
            raise ConfigError(f"fingertip_torsion must be in [0, 1] m, is {self.fingertip_torsion}")

    def model_config(self, actuation: Actuation, timestep: float) -> ModelConfig:
        """The model's configuration for this simulator."""
        return ModelConfig(
            object=self.object,
            actuation=actuation,
            timestep=timestep,
            locked_wrist=self.locked_wrist,
            cone=self.cone,
            iterations=self.iterations,
            ls_iterations=self.ls_iterations,
            calibration=self.calibration,
            fingertip_torsion=self.fingertip_torsion,
        )


@dataclass
class WorldsState:
    """Everything that changes.

    Attributes:
        physics: (B, n) MuJoCo's integration states, a live view of the batch.
        draw: the episode's draw.
        force: (B, 3) acceleration now forced on the object [m/s², world].
        fresh: (B,) bool, reset and not yet shown: such a world waits for one step.
        marker_position: (B, M, 3) [m, world] as last seen.
        starts: (B,) resets so far.
        ticks: steps since the start, the same for all rows.
        settling: of the next episodes' worlds; None where all start in the nominal one.
        failures: states from before failures; None where no episode begins from one.
    """

    physics: np.ndarray
    draw: WorldDraw
    force: np.ndarray
    fresh: np.ndarray
    marker_position: np.ndarray
    starts: np.ndarray
    ticks: int = 0
    settling: SettlingState | None = None
    failures: FailureState | None = None


@dataclass(frozen=True)
class BadState:
    """A world that MuJoCo warned about or that turned non-finite: its row, its state before, and what drove it."""

    row: int
    before: np.ndarray
    drive: np.ndarray


class Worlds(Component[In, Out]):
    """Base of the simulators; subclasses say what drives the hand and how time passes.

    Args:
        config: a `WorldsConfig`.
        seeds: (B,) row seeds.
        actuation: "servo" or "torque".
        timestep: nominal physics step [s].

    Attributes:
        shown: what is computed for the state after a step. `POSITIONS`: all places are those of that state;
            `NOTHING`: markers, fingertips and geoms are where they were when the last physics step began.
        randomization_scale: (B,) in [0, 1], spread of the next episodes' draws; 1 is the configured range.
        asleep: (B,) bool, worlds that nobody needs any longer: they are not stepped and cost almost nothing.
        diverged: (B,) bool, worlds that went bad in the last step and were put back on a start state.
        bad_worlds: how often that has happened.
        markers: as they were last produced, before the topic's links; None before the first.
    """

    shown = POSITIONS

    def __init__(self, config: WorldsConfig, seeds: np.ndarray, actuation: Actuation, timestep: float) -> None:
        super().__init__(config, seeds)
        _keep_warnings_out_of_files()
        b, sections = self.batch, sections_on(config.randomization)
        self.model = build_model(config.model_config(actuation, timestep))
        self.layout = find_layout(self.model)
        self.worlds = self._make_batch()
        self._qpos, self._qvel = self.worlds.bind("qpos"), self.worlds.bind("qvel")
        self._ctrl, self._sites = self.worlds.bind("ctrl"), self.worlds.bind("site_xpos")
        self._timestep = self.worlds.expand("opt.timestep") if "timing" in sections else None
        self._models = WorldModels(self.worlds, self.layout, config.ranges.physics.min_joint_span)
        one = config.friction == "all"
        self._drawer = Drawer(config.ranges, sections, FINGERTIP_MARKERS, self.layout.base_markers, one)
        self._forces = ObjectForces(config.ranges.random_forces) if "random_forces" in sections else None
        self._occlusion = NailOcclusion(self.worlds, config.ranges.occlusion) if "occlusion" in sections else None
        self._settling = self._make_settling(seeds) if self._own_world(sections) else None
        if self._settling is None:
            self._starts = load_start_states(config.start_states, config.model_config("servo", NOMINAL_STEP))
        self.randomization_scale = np.ones(b)
        self.asleep = np.zeros(b, bool)
        self.diverged, self.bad_worlds = np.zeros(b, bool), 0
        self.markers: Markers | None = None
        self._bad_states: list[BadState] = []
        self._nominal_row = self.worlds.state[0].copy()
        self._object_mass = float(self.model.body_mass[self.layout.object_body])
        m = len(MARKERS)
        draw = WorldDraw.nominal(b, self.model.nbody, len(self.layout.joints), len(ACTUATOR_NAMES), m)
        self.state = WorldsState(
            physics=self.worlds.state,
            draw=draw,
            force=np.zeros((b, 3)),
            fresh=np.ones(b, bool),
            marker_position=np.zeros((b, m, 3)),
            starts=np.zeros(b, np.int64),
            settling=self._settling.state if self._settling else None,
        )
        self.reset(np.ones(b, bool))

    def reset(self, mask: np.ndarray) -> None:
        """New draw and start state in the rows of `mask`; they stand still for the next step, which shows them."""
        if (rows := np.flatnonzero(mask)).size == 0:
            return
        state, scale = self.state, self.randomization_scale[rows]
        given = self._settling.give(rows, scale, state.fresh[rows]) if self._settling else None
        if given is not None:
            state.draw.put(rows, given.physics)
        else:
            self._drawer.draw_physics(state.draw, rows, self.random, scale)
        self._drawer.draw_rest(state.draw, rows, self.random, scale)
        self._models.write(state.draw, rows)
        self._put(rows, *((given.qpos, given.qvel) if given is not None else self._from_pool(rows)))

    def _put(self, rows: np.ndarray, qpos: np.ndarray, qvel: np.ndarray) -> None:
        """Begins episodes of the rows (n,) in their worlds, which are written, at qpos (n, nq) and qvel (n, nv)."""
        state = self.state
        self.worlds.state[rows] = self._nominal_row
        self.worlds.warning[rows] = 0
        self._qpos[rows], self._qvel[rows] = qpos, qvel
        state.force[rows] = 0.0
        state.fresh[rows] = True
        state.starts[rows] += 1
        self.worlds.forward(rows, stage=POSITIONS)
        state.marker_position[rows] = self._sites[np.ix_(rows, self.layout.marker_sites)]

    def _own_world(self, sections: frozenset[str]) -> bool:
        return self.config.start_states.own_world and "physics" in sections

    def _make_settling(self, seeds: np.ndarray) -> Settling:
        config, model = self.config, build_model(self.config.model_config("servo", NOMINAL_STEP))
        span = config.ranges.physics.min_joint_span
        return Settling(config.start_states, model, self._drawer, span, seeds, config.threads)

    def _from_pool(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """qpos and qvel of the nominal world; joints beyond the limits of the row's world are moved to them."""
        pick = self.random.integers(len(self._starts.qpos), (), rows)
        qpos = self._starts.qpos[pick]
        joints, limits = self.layout.joint_qpos, self._models.limits(rows)
        qpos[:, joints] = np.clip(qpos[:, joints], limits[..., 0], limits[..., 1])
        return qpos, self._starts.qvel[pick]

    def _make_batch(self) -> Batch:
        return Batch(self.model, nsim=self.batch, nthread=self.config.threads)

    def truth(self) -> Truth:
        """The noiseless state of all worlds."""
        return read_truth(self.worlds, self.layout)

    def qpos(self, row: int) -> np.ndarray:
        """(31,) joint angles [rad], the object's position [m, world] and quaternion (w first) of a world."""
        return self._qpos[row].copy()

    def physics_parameters(self) -> np.ndarray:
        """(B, 10) the episode's draw in short, 0 where nominal; see `WorldDraw.summary`."""
        return self.state.draw.summary()

    def joint_parameters(self) -> np.ndarray:
        """(B, 44) the episode's draw of damping and gain, 0 where nominal; see `WorldDraw.joint_summary`."""
        return self.state.draw.joint_summary()

    def limit_parameters(self) -> np.ndarray:
        """(B, 48) [rad] the episode's draw of joint limits, 0 where nominal; see `WorldDraw.limit_summary`."""
        return self.state.draw.limit_summary()

    def place_object(self, rows: np.ndarray, position: np.ndarray, orientation: np.ndarray) -> None:
        """Puts the object at rest at position (n, 3) [m] and orientation (n, 4), hand_base frame, in rows (n,)."""
        layout = self.layout
        base = layout.base_orientation[None]
        self._qpos[np.ix_(rows, layout.object_qpos[:3])] = layout.base_position + rotations.rotate(base, position)
        world = rotations.multiply(base, rotations.normalize(orientation))
        self._qpos[np.ix_(rows, layout.object_qpos[3:])] = rotations.xyzw_to_wxyz(world)
        self._qvel[np.ix_(rows, layout.object_dofs)] = 0.0
        self.worlds.forward(rows, stage=POSITIONS)

    def take_bad_states(self) -> list[BadState]:
        """The bad states kept since the last call, at most `MAX_BAD_STATES`, for the caller to store."""
        taken, self._bad_states = self._bad_states, []
        return taken

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        state, counter = saved
        live = self.worlds.state
        self.state = copy.deepcopy(state)
        self.random.counter = counter.copy()
        self._models.write(self.state.draw, np.arange(self.batch))
        live[:] = state.physics
        self.state.physics = live
        if self._settling is not None:
            self._settling.restore(state.settling)
            self.state.settling = self._settling.state
        self.worlds.forward(stage=POSITIONS)

    def _advance(self, steps: int, stretch: float) -> None:
        """Steps all worlds but fresh and sleeping ones `steps` times; `stretch` scales the random part of a step's
        length."""
        seconds = steps * float(self.model.opt.timestep)
        state = self.state
        still = state.fresh | self.asleep
        ids = np.flatnonzero(~still) if still.any() else None
        state.fresh[:] = False
        state.ticks += 1
        self.diverged = np.zeros(self.batch, bool)
        if self._settling is not None:
            self._settling.advance(seconds, resting=self.asleep)
        if ids is not None and ids.size == 0:
            return
        before = self.worlds.state.copy()
        try:
            self._run(ids, steps, stretch)
        except SimulationError as error:
            self.diverged[list(error.ids)] = True
        self._guard(before)

    def _run(self, ids: np.ndarray | None, steps: int, stretch: float) -> None:
        """Steps the worlds `ids`; the random parts of the steps' lengths are spread evenly over them.

        One call for all steps needs one meeting of the threads instead of one a step.
        """
        if self._timestep is not None:
            extra = self.random.exponential((steps,), ids)
            pick = slice(None) if ids is None else ids
            mean = stretch * self.state.draw.timing_mean[pick]
            self._timestep[pick] = self.model.opt.timestep + mean * sum(extra.T) / steps
        self.worlds.step(ids, nstep=steps, stage=self.shown)

    def _guard(self, before: np.ndarray) -> None:
        bad = self.diverged
        bad |= self.worlds.warning[:, :, 1].any(axis=1) | ~np.isfinite(self._qpos).all(axis=1)
        if not bad.any():
            return
        rows = np.flatnonzero(bad)
        self.bad_worlds += len(rows)
        for row in rows[: MAX_BAD_STATES - len(self._bad_states)]:
            self._bad_states.append(BadState(int(row), before[row].copy(), self._ctrl[row].copy()))
        self.reset(bad)
        self.state.fresh[rows] = False

    def _push_object(self) -> None:
        """Random forces for the next 80 ms."""
        if self._forces is not None:
            state = self.state
            self._forces.update(state.force, state.draw.force_probability, self.random)
            mass = self._object_mass * state.draw.mass[:, self.layout.object_body]
            self.worlds.bind("xfrc_applied")[:, self.layout.object_body, :3] = state.force * mass[:, None]

    def _markers(self) -> Markers:
        """All markers as a motion-capture system sees them; a hidden one keeps its last place."""
        position = self._sites[:, self.layout.marker_sites]
        condition = np.full(position.shape[:2], SEEN)
        if self._occlusion is not None:
            hidden = self._occlusion.hidden() & (self.randomization_scale > 0.0)[:, None]
            last, now = self.state.marker_position[:, FINGERTIP_MARKERS], position[:, FINGERTIP_MARKERS]
            position[:, FINGERTIP_MARKERS] = np.where(hidden[..., None], last, now)
            condition[:, FINGERTIP_MARKERS] = np.where(hidden, LOST, SEEN)
        self.state.marker_position = position.copy()
        self.markers = Markers(position, condition)
        return self.markers


def _keep_warnings_out_of_files() -> None:
    """MuJoCo's warnings go to the console; by default they also go to a file in whatever folder the process is in."""
    config = mujoco.MjLogConfig.get()
    config.logto_file = False
    config.set()
