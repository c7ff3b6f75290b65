"""Trials and goals: draws target orientations, detects success, drop and time-out, starts one trial after another."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from inhand_core import rotations
from inhand_core.component import Component
from inhand_core.config import ConfigError
from inhand_core.signals import EndReason, Goal, ObjectPose, Trial, TrialState
from inhand_core.times import nanoseconds, seconds
from inhand_description.objects import OBJECTS
from inhand_description.things import symmetries
from inhand_policy.faces import UP, faces_up
from inhand_policy.goal_config import GoalConfig
from inhand_policy.layout import off_palm
from inhand_policy.ports import GoalGeneratorInputs, GoalGeneratorOutputs

_MAX_DRAWS = 100


@dataclass
class GoalState:
    """All (B,) except orientation (B, 4) in hand_base.

    status is a TrialState and reason an EndReason; elapsed_ns counts since the goal was set, waited_ns since the trial
    ended; max_angle [rad] bounds goals of modes "limited" and "axis"; interrupted while a device is missing, overloaded
    while the machine is too slow for one. goal_wanted (B, 4) is a goal that a person asked for, NaN where it is to be
    drawn, None where nobody asked. pose is the last one, None before the first.
    """

    trial_id: np.ndarray
    goal_id: np.ndarray
    goals_achieved: np.ndarray
    status: np.ndarray
    reason: np.ndarray
    elapsed_ns: np.ndarray
    waited_ns: np.ndarray
    orientation: np.ndarray
    max_angle: np.ndarray
    start_requested: np.ndarray
    stop_requested: np.ndarray
    pose: ObjectPose | None = None
    interrupted: np.ndarray | bool = False
    overloaded: np.ndarray | bool = False
    goal_requested: np.ndarray | bool = False
    goal_wanted: np.ndarray | None = None


class GoalGenerator(Component[GoalGeneratorInputs, GoalGeneratorOutputs]):
    """One trial after another, each a series of goals (paper C.1 and 6.2).

    A goal counts as achieved when the object's rotation distance to it is below the tolerance; the next is drawn at
    once. The trial ends when the object is off the palm, when a goal is not achieved in time, or after `max_goals`.
    Tick k at which an end is detected says ENDED with the reason; a later tick, the next one unless there is a
    restart delay, raises the trial id, says RUNNING and draws a goal from the pose of that tick.

    Attributes:
        distance: (B,) rotation distance [rad] at the last step to the goal that was in force during it.
        success, dropped: (B,) bool, what the last step found.
    """

    Config = GoalConfig

    def __init__(self, config: GoalConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        n = self.batch

        def zeros() -> np.ndarray:
            return np.zeros(n, np.int64)

        self.state = GoalState(
            trial_id=zeros(),
            goal_id=zeros(),
            goals_achieved=zeros(),
            status=zeros(),
            reason=zeros(),
            elapsed_ns=zeros(),
            waited_ns=zeros(),
            orientation=np.tile([0.0, 0.0, 0.0, 1.0], (n, 1)),
            max_angle=np.full(n, config.max_angle_rad),
            start_requested=np.zeros(n, bool),
            stop_requested=np.zeros(n, bool),
        )
        self._faces_up = faces_up(config.object)
        if config.mode == "face_up" and not len(self._faces_up):
            raise ConfigError(f"goal mode 'face_up' needs an object with faces; {config.object!r} has none")
        group = symmetries(OBJECTS[config.object].row.symmetry)
        self._symmetries = group[1:]  # besides the identity
        self.distance = np.zeros(n)
        self.success = np.zeros(n, bool)
        self.dropped = np.zeros(n, bool)

    @property
    def elapsed(self) -> np.ndarray:
        """Time (B,) [s] since the goal was set."""
        return seconds(self.state.elapsed_ns)

    def set_max_angle(self, angle: float | np.ndarray) -> None:
        """Bounds the rotation from the object's orientation to goals drawn from now on; scalar or (B,) [rad]."""
        self.state.max_angle = np.broadcast_to(np.asarray(angle, np.float64), (self.batch,)).copy()

    def request_start(self, mask: np.ndarray | bool = True) -> None:
        """Asks for a trial in the rows of `mask` that run none; it starts at the next step that allows it."""
        self.state.start_requested = self.state.start_requested | (mask & (self.state.status != TrialState.RUNNING))

    def request_stop(self, mask: np.ndarray | bool = True) -> None:
        """Ends the running trial of the rows of `mask` at the next step, and withdraws a start not yet granted."""
        self.state.stop_requested = self.state.stop_requested | (mask & (self.state.status == TrialState.RUNNING))
        self.state.start_requested = self.state.start_requested & ~np.asarray(mask)

    def request_goal(self, mask: np.ndarray | bool = True, orientation: np.ndarray | None = None) -> None:
        """Asks for another goal in the rows of `mask` that run a trial; the one before counts as nothing.

        Args:
            mask: (B,) bool, or one for all.
            orientation: (4,) of that goal in hand_base; None draws it.
        """
        asked = np.broadcast_to(mask, (self.batch,)) & (self.state.status == TrialState.RUNNING)
        self.state.goal_requested = self.state.goal_requested | asked
        wanted = np.full(4, np.nan) if orientation is None else rotations.normalize(np.asarray(orientation, float))
        before = self.state.goal_wanted if self.state.goal_wanted is not None else np.full((self.batch, 4), np.nan)
        self.state.goal_wanted = np.where(asked[:, None], wanted, before)

    def interrupt(self, missing: bool | np.ndarray, overloaded: bool | np.ndarray = False) -> None:
        """Ends the trials of rows with a device `missing` or on an `overloaded` machine, scalars or (B,).

        None starts while it is so. An overloaded machine is named first: it makes devices miss as well.
        """
        self.state.interrupted = np.broadcast_to(np.asarray(missing, bool), (self.batch,)).copy()
        self.state.overloaded = np.broadcast_to(np.asarray(overloaded, bool), (self.batch,)).copy()

    def reset(self, mask: np.ndarray) -> None:
        """Back to before the first trial in the rows of `mask` (B,)."""
        state = self.state
        for name in ("trial_id", "goal_id", "goals_achieved", "status", "reason", "elapsed_ns", "waited_ns"):
            setattr(state, name, np.where(mask, 0, getattr(state, name)))
        state.orientation = np.where(mask[:, None], [0.0, 0.0, 0.0, 1.0], state.orientation)
        state.start_requested = state.start_requested & ~mask
        state.stop_requested = state.stop_requested & ~mask
        state.goal_requested = state.goal_requested & ~mask
        if state.goal_wanted is not None:
            state.goal_wanted = np.where(mask[:, None], np.nan, state.goal_wanted)
        state.pose = None if mask.all() else state.pose

    def step(self, inputs: GoalGeneratorInputs, dt: float) -> GoalGeneratorOutputs:
        """Judges the running trials and starts those that are due; `dt` [s] since the last step."""
        state = self.state
        state.pose = inputs.get("object_pose") or _aged(state.pose, dt)
        if state.pose is not None:
            elapsed_ns = nanoseconds(dt)
            idle = state.status != TrialState.RUNNING
            self._judge(state.pose, elapsed_ns)
            self._start(state.pose, idle, elapsed_ns)
        return {
            "goal": Goal(state.trial_id.copy(), state.goal_id.copy(), state.orientation.copy()),
            "trial": Trial(
                state.trial_id.copy(), state.goals_achieved.copy(), state.status.copy(), state.reason.copy()
            ),
        }

    def draw(self, rows: np.ndarray, orientation: np.ndarray) -> np.ndarray:
        """New goals (n, 4) for `rows` (n,) of the batch, whose objects are at `orientation` (n, 4); all hand_base.

        Override it for another distribution; draw from `self.random` with `rows`, so that rows stay independent.
        """
        if self.config.mode in ("full", "face_up"):
            return self.far(rows, orientation)
        return self.turned(rows, orientation)

    def far(self, rows: np.ndarray, orientation: np.ndarray) -> np.ndarray:
        """As `draw`: wherever the object is, but not nearer to it than `min_angle_rad`."""
        anywhere = self._face_up if self.config.mode == "face_up" else self.random.quaternion
        goal = anywhere(rows)
        for _ in range(_MAX_DRAWS):
            near = np.flatnonzero(rotations.distance(goal, orientation) < self.config.min_angle_rad)
            if not len(near):
                break
            goal[near] = anywhere(rows[near])
        return goal

    def turned(self, rows: np.ndarray, orientation: np.ndarray) -> np.ndarray:
        """As `draw`: the object's orientation, turned by an angle within the bounds."""
        if self.config.mode == "axis":
            axis = np.tile(self.config.axis, (len(rows), 1)) / np.linalg.norm(self.config.axis)
            axis = np.where(self.random.uniform((1,), rows) < 0.5, -axis, axis)
        else:
            axis = self.random.normal((3,), rows)
            axis = axis / rotations.norm(axis)[:, None]
        low = self.config.min_angle_rad
        theta = low + (self.state.max_angle[rows] - low) * self.random.uniform((), rows)
        return rotations.normalize(rotations.multiply(rotations.from_axis_angle(axis, theta), orientation))

    def distance_to(self, goal: np.ndarray, orientation: np.ndarray) -> np.ndarray:
        """Rotation distance (B,) [rad] to the nearest orientation that looks and feels as the goal (B, 4) does."""
        distance = rotations.distance(goal, orientation)
        for turn in self._symmetries:
            distance = np.minimum(distance, rotations.distance(rotations.multiply(goal, turn[None]), orientation))
        return distance

    def _face_up(self, rows: np.ndarray) -> np.ndarray:
        """Orientations (n, 4) of one face up, each as likely, and any yaw."""
        face = self._faces_up[self.random.integers(len(self._faces_up), (), rows)]
        yaw = rotations.from_axis_angle(np.tile(UP, (len(rows), 1)), 2.0 * np.pi * self.random.uniform((), rows))
        return rotations.normalize(rotations.multiply(yaw, face))

    def _judge(self, pose: ObjectPose, elapsed_ns: int) -> None:
        """Finds what happened to the running trials; a drop goes before a success, a success before a time-out."""
        state, config = self.state, self.config
        slow = (state.status == TrialState.RUNNING) & state.overloaded
        cut = (state.status == TrialState.RUNNING) & (state.interrupted | slow)
        running = (state.status == TrialState.RUNNING) & ~cut
        state.elapsed_ns = state.elapsed_ns + np.where(running, elapsed_ns, 0)
        self.distance = self.distance_to(state.orientation, pose.orientation)
        off = off_palm(pose.position) & pose.valid
        self.dropped = running & (off | (pose.age > config.lost_limit_s))
        self.success = running & ~self.dropped & pose.valid & (self.distance < config.tolerance_rad)
        state.goals_achieved = state.goals_achieved + self.success
        late = running & ~self.dropped & ~self.success & (state.elapsed_ns >= nanoseconds(config.timeout_s))
        full = self.success & (state.goals_achieved >= config.max_goals)
        stopped = running & state.stop_requested & ~self.dropped & ~full
        self._end(cut, EndReason.INTERRUPTED)
        self._end(slow, EndReason.OVERLOADED)
        self._end(stopped, EndReason.STOPPED)
        self._end(late & ~stopped, EndReason.TIMEOUT)
        self._end(full, EndReason.SUCCESS)
        self._end(self.dropped, EndReason.DROPPED)
        state.stop_requested = np.zeros(self.batch, bool)
        asked = state.goal_requested & (state.status == TrialState.RUNNING)
        state.goal_requested = np.zeros(self.batch, bool)
        self._set_goals(np.flatnonzero((self.success & ~full & ~stopped) | asked), pose)
        if state.goal_wanted is not None:  # goals are drawn all the same: what comes after does not depend on a person
            by_hand = asked & np.isfinite(state.goal_wanted).all(axis=1)
            state.orientation = np.where(by_hand[:, None], state.goal_wanted, state.orientation)
            state.goal_wanted = None

    def _end(self, mask: np.ndarray, reason: EndReason) -> None:
        state = self.state
        state.status = np.where(mask, TrialState.ENDED, state.status)
        state.reason = np.where(mask, reason, state.reason)
        state.waited_ns = np.where(mask, 0, state.waited_ns)

    def _start(self, pose: ObjectPose, idle: np.ndarray, elapsed_ns: int) -> None:
        """Starts a trial in the `idle` rows that are due: asked for, or automatic after the delay."""
        state, config = self.state, self.config
        state.waited_ns = state.waited_ns + np.where(idle, elapsed_ns, 0)
        first, ended = state.status == TrialState.IDLE, state.status == TrialState.ENDED
        again = ended & (state.reason != EndReason.STOPPED) & (state.waited_ns >= nanoseconds(config.restart_delay_s))
        due = idle & (state.start_requested | (first & config.auto_start) | (again & config.auto_restart))
        due = due & np.logical_not(state.interrupted) & np.logical_not(state.overloaded)
        if config.require_object:
            due = due & pose.valid & ~off_palm(pose.position)
        state.trial_id = state.trial_id + (due & ended)
        state.status = np.where(due, TrialState.RUNNING, state.status)
        state.reason = np.where(due, EndReason.NONE, state.reason)
        state.goals_achieved = np.where(due, 0, state.goals_achieved)
        state.goal_id = np.where(due, -1, state.goal_id)
        state.start_requested = state.start_requested & ~due
        self._set_goals(np.flatnonzero(due), pose)

    def _set_goals(self, rows: np.ndarray, pose: ObjectPose) -> None:
        """Sets the next goal of the rows (n,), drawn from the object's pose."""
        if not len(rows):
            return
        state = self.state
        state.orientation = state.orientation.copy()
        state.orientation[rows] = self.draw(rows, pose.orientation[rows])
        state.goal_id[rows] += 1
        state.elapsed_ns[rows] = 0


def _aged(pose: ObjectPose | None, dt: float) -> ObjectPose | None:
    """The last pose when no message came: not valid, and older by `dt` [s]."""
    if pose is None:
        return None
    return dataclasses.replace(pose, valid=np.zeros_like(pose.valid), age=pose.age + dt)
