"""The training profile of the graph as a vector environment: the policy's place is left open for the trainer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.graph import InProcessGraph, build_chains, reset_key
from inhand_core.graph_spec import GraphSpec, load_graph
from inhand_core.link import Link
from inhand_core.ranges import AT_LEAST_ONE
from inhand_core.runner import LinkChains
from inhand_core.signals import N_ACTUATORS, EndReason, HandAction, TrialState
from inhand_policy.observation import assemble, check_blocks, observation_size, required_ports
from inhand_sim.links import ActionDelay, Backlash
from inhand_sim.links.base import ScaledLink
from inhand_training.curriculum import Curricula, GoalCurriculum, RandomizationCurriculum
from inhand_training.env import Counts, Episodes, Observation, Step
from inhand_training.features import State, check_features, features_size, state_groups
from inhand_training.palm import palm_offset, wrist_pitch
from inhand_training.reward import RewardConfig, reward

POLICY_GROUP = "policy"
_PREVIOUS = "previous_action"


@dataclass(frozen=True)
class GraphEnvConfig:
    """The environment.

    Attributes:
        batch: rows, per rank.
        randomization: "all", "none" or groups of config/randomization.yaml.
        policy: observation blocks of the deployed policy, see `inhand_policy.observation.BLOCKS`.
        states: further observation groups, each a list of `inhand_training.features.FEATURES`.
        reward: its weights.
        goals: curriculum of the goals' angles.
        scale: curriculum of the randomisation's spread.
        timeout_is_terminal: whether nothing follows an episode that ran out of time (no bootstrap from its last
            value); it teaches haste, where a value network that sees `goal_time` makes it learnable.
        overrides: configuration values by component of the graph, such as `goal: {timeout_s: 8.0}`.
    """

    batch: Annotated[int, AT_LEAST_ONE]
    randomization: str
    policy: tuple[str, ...]
    states: dict[str, tuple[str, ...]]
    reward: RewardConfig
    goals: GoalCurriculum
    scale: RandomizationCurriculum
    timeout_is_terminal: bool
    overrides: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_blocks(self.policy)
        for features in self.states.values():
            check_features(features)


def group_sizes(config: GraphEnvConfig) -> dict[str, int]:
    """Length of each observation group."""
    states = {name: features_size(features) for name, features in config.states.items()}
    return {POLICY_GROUP: observation_size(config.policy), **states}


class GraphEnv:
    """B rows of the graph without its policy component; a `VectorEnv`.

    A step publishes the action, lets the components after the policy work (smoother, links), advances the time by a
    tick, and lets those before the policy work (simulator, tracker, goal). An end that the goal component reports at
    tick k makes the simulator start the next episode at tick k + 1, so the step between the two is not valid.

    Args:
        config: what to build.
        seed: of all rows.
        threads: physics threads.
    """

    actions = N_ACTUATORS

    def __init__(self, config: GraphEnvConfig, seed: int, threads: int) -> None:
        self.config, self.batch = config, config.batch
        limited = config.goals.first_angle < np.pi
        overrides = {name: dict(values) for name, values in config.overrides.items()}
        overrides.setdefault("sim", {})["threads"] = threads
        spec = load_graph("training")
        if limited:
            spec = _with_goals(spec, "inhand_training.curriculum:CurriculumGoals")
        names = [component.name for component in spec.components if component.name != "policy"]
        self.graph = InProcessGraph(spec, config.batch, seed, config.randomization, overrides, only=names)
        order = [component.name for component in spec.components]
        # What the policy component alone would see of its inputs, noise included.
        wires = spec.component("policy").inputs
        # The rest is as the policy component has it: links see only what is read, here and there.
        self._ports = {port: wires[port] for port in ("fingertips", "object_pose", "goal")}
        needed = [port for port in required_ports(config.policy) if port not in self._ports and port != _PREVIOUS]
        if unwired := sorted(set(needed) - set(wires)):
            raise ConfigError(
                f"observation needs ports {unwired}, which the graph does not wire; wired: {sorted(wires)}"
            )
        self._ports |= {port: wires[port] for port in needed}
        self._given = np.zeros((self.batch, N_ACTUATORS))
        links = spec.component("policy").input_links
        self._policy_links = build_chains(links, self.graph.seeds, self.graph.groups)
        self._before = [n for n in order[: order.index("policy")] if n in self.graph.runners]
        self._after = [n for n in order[order.index("policy") :] if n in self.graph.runners]
        self._sim, self._goal = self.graph.component("sim"), self.graph.component("goal")
        self._smoother = self.graph.component("smoother")
        self._action_links = list(self.graph.runners["smoother"].output_links.links())
        self._curricula = Curricula(config.goals, config.scale)
        self._born_at, self._length = np.zeros(self.batch, np.int64), np.zeros(self.batch, np.int64)
        self._failed = 0
        self._set_curricula()
        self._begun = False
        self.sizes = group_sizes(config)

    @property
    def progress(self) -> dict[str, float]:
        """Largest goal angle [rad] and limit of the randomisation's spread."""
        return self._curricula.progress

    def start(self) -> Observation:
        """Restarts every row; runs until each has a goal."""
        if self._begun or (self._sim.randomization_scale < 1.0).any():  # it was built with the whole range
            self.graph.start()
        self._policy_links.start()
        self._reset_key = np.zeros(self.batch, np.int64)
        self._given = np.zeros((self.batch, N_ACTUATORS))
        self._begun = True
        self.graph.run_due(self._before)
        while not self._running().all():
            self._act(np.zeros((self.batch, N_ACTUATORS)))
        self._length[:] = 0
        self._born_at[:] = self._curricula.stage
        self._truth = self._sim.truth()
        return self._observe()

    def step(self, action: np.ndarray) -> Step:
        """Applies (B, 20) actions in [-1, 1]; rows whose episode has ended get none."""
        running, trial, target = self._running(), self._trial_id(), self._goal.state.orientation
        achieved = self._goal.state.goals_achieved
        distance = rotations.distance(target, self._truth.object_orientation)
        judged = ~self._sim.before_failure
        action = np.where(running[:, None], action.astype(np.float64), 0.0)
        self._act(action)
        truth = self._sim.truth()
        status, reason = self._goal.state.status, self._goal.state.reason
        same = self._trial_id() == trial
        ended = running & (status == TrialState.ENDED) & same
        diverged = self._sim.diverged
        valid = running & same & ~diverged
        goals = np.where(valid, self._goal.state.goals_achieved - achieved, 0)
        dropped = ended & (reason == EndReason.DROPPED)
        r = reward(
            self.config.reward,
            distance,
            rotations.distance(target, truth.object_orientation),
            goals,
            dropped,
            self._drop_penalty(),
            palm_offset(truth.object_position),
            action,
            wrist_pitch(truth.joint_position),
        )
        self._length += running
        counts = Counts(
            goals=int(goals.sum()),
            judged=int(goals[judged].sum()),
            drops=int((dropped & judged).sum()),
            timeouts=int((ended & judged & (reason == EndReason.TIMEOUT)).sum()),
            failed=int(diverged.sum()),
        )
        self._sim.note_failures(np.flatnonzero(ended & (reason != EndReason.SUCCESS)))
        episodes = self._finish(ended, reason)
        start = self._running() & ~(running & same)
        self._length[start] = 0
        self._born_at[start] = self._curricula.stage
        self._truth = truth
        late = ended & (reason == EndReason.TIMEOUT) & self.config.timeout_is_terminal
        return Step(
            observation=self._observe(),
            reward=np.where(valid, r, 0.0).astype(np.float32),
            terminal=dropped | late | diverged,
            ended=ended | diverged,
            valid=valid,
            start=start,
            counts=counts,
            episodes=episodes,
        )

    def adapt(self, summary: dict[str, float]) -> None:
        """Moves the curricula by episodes begun at the present stage alone."""
        if self._curricula.update(summary):
            self._set_curricula()

    def follow(self, curricula: Any) -> None:
        """Takes over the state of the curricula (`Curricula.save`) of who moves them for many environments."""
        if curricula != self._curricula.save():
            self._curricula.restore(curricula)
            self._set_curricula()

    def curricula_state(self) -> Any:
        """The state of the curricula."""
        return self._curricula.save()

    def take_failures(self) -> list[Any]:
        """The simulator's `BadState`s since the last call."""
        return self._sim.take_bad_states()

    def save(self) -> Any:
        """Graph, curricula and episode counters."""
        policy = self._policy_links.save(), self._reset_key.copy(), self._given.copy()
        counters = self._born_at.copy(), self._length.copy()
        return self.graph.save(), self._curricula.save(), counters, policy, self._truth

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned; the next steps repeat bit for bit."""
        graph, curricula, (born, length), (links, key, given), self._truth = saved
        self._policy_links.restore(links)
        self._reset_key, self._given = key.copy(), given.copy()
        self._curricula.restore(curricula)
        self._set_curricula()
        self.graph.restore(graph)
        self._born_at, self._length = born.copy(), length.copy()

    def _act(self, action: np.ndarray) -> None:
        bins = np.full(action.shape, -1, np.int64)
        self._given = action
        self.graph.publish("policy/action", HandAction(action, bins, self._trial_id()))
        self.graph.run_due(self._after)
        self.graph.advance()
        self.graph.run_due(self._before)
        key = reset_key(self.graph.latest["trial"])
        if (changed := key != self._reset_key).any():
            self._policy_links.reset(changed)
            self._given = np.where(changed[:, None], 0.0, self._given)
        self._reset_key = key

    def _running(self) -> np.ndarray:
        return self._goal.state.status == TrialState.RUNNING

    def _trial_id(self) -> np.ndarray:
        return self._goal.state.trial_id.copy()

    def _drop_penalty(self) -> float:
        return self.config.reward.drop if self._curricula.angle.finished else self.config.reward.drop_limited

    def _finish(self, ended: np.ndarray, reason: np.ndarray) -> Episodes:
        """The episodes that count: those begun at the present stage of the curricula."""
        rows = np.flatnonzero(ended & (self._born_at == self._curricula.stage))
        goals = self._goal.state.goals_achieved[rows]
        return Episodes(goals.copy(), self._length[rows].copy(), reason[rows].copy(), self._scale_of(rows))

    def _scale_of(self, rows: np.ndarray) -> np.ndarray:
        return self._sim.randomization_scale[rows].copy()

    def _set_curricula(self) -> None:
        """Hands the present values to goal generator and simulator; they hold for goals and episodes to come."""
        self._goal.set_max_angle(self._curricula.angle.value)
        count = round(self.batch * self.config.scale.uniform)
        spread = np.full(self.batch, float(self._curricula.scale.value))
        spread[:count] *= (np.arange(count) + 0.5) / max(count, 1)
        self._sim.randomization_scale = spread
        for chain in self._chains():
            for link in chain.links():
                if isinstance(link, ScaledLink):
                    link.randomization_scale = spread

    def _chains(self) -> Iterator[LinkChains]:
        """The links of the whole graph, those on the policy's inputs among them."""
        yield self._policy_links
        for runner in self.graph.runners.values():
            yield runner.input_links
            yield runner.output_links

    def _observe(self) -> Observation:
        latest = self.graph.latest
        inputs = {
            port: self._policy_links.apply(port, latest[topic], self.graph.time_ns)
            for port, topic in self._ports.items()
        }
        inputs[_PREVIOUS] = HandAction(self._given, np.full(self._given.shape, -1, np.int64), self._trial_id())
        policy = assemble(self.config.policy, inputs).astype(np.float32)
        state = State(
            truth=self._truth,
            target=self._goal.state.orientation,
            goal_time=self._goal.elapsed,
            smoothed=self._smoother.state.average,
            applied=latest["hand/action"].action if "hand/action" in latest else self._smoother.state.average,
            physics=self._sim.physics_parameters(),
            joint_physics=self._sim.joint_parameters(),
            joint_limits=self._sim.limit_parameters(),
            delayed=self._of_link(ActionDelay, lambda link: link.state.delayed.astype(np.float64)),
            slack=self._of_link(Backlash, lambda link: link.state.slack),
        )
        return {POLICY_GROUP: policy, **state_groups(self.config.states, state)}

    def _of_link(self, kind: type[Link], value: Callable[[Any], np.ndarray]) -> np.ndarray:
        """(B, 20) what `value` says of the actions' link of a kind; 0 where randomisation leaves it out."""
        for link in self._action_links:
            if isinstance(link, kind):
                return value(link)
        return np.zeros((self.batch, N_ACTUATORS))


def _with_goals(spec: GraphSpec, path: str) -> GraphSpec:
    """The graph with another class of the goal component."""
    components = tuple(dataclasses.replace(c, component=path) if c.name == "goal" else c for c in spec.components)
    return dataclasses.replace(spec, components=components)
