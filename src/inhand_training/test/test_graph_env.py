"""The environment is the graph that is deployed: same actions, same messages, same episodes; and it resumes."""

import math

import numpy as np
import pytest
import torch

from inhand_core.config import ConfigError
from inhand_core.graph import InProcessGraph
from inhand_core.graph_spec import load_graph
from inhand_core.rotations import distance, to_matrix
from inhand_description import ACTUATOR_INDEX, JOINT_INDEX
from inhand_policy.export import export_weights
from inhand_policy.observation import BLOCKS, PAPER_OBSERVATION
from inhand_policy.weights import TrainingInfo, save_weights
from inhand_training.curriculum import GoalCurriculum, RandomizationCurriculum
from inhand_training.distributions import N_BINS, Bins
from inhand_training.env import Counts
from inhand_training.export import to_policy
from inhand_training.graph_env import GraphEnv, GraphEnvConfig
from inhand_training.networks import Network, NetworkConfig
from inhand_training.reward import RewardConfig

ROWS, TICKS = 3, 40
STARTS = {"size": 4, "random_steps": 3, "smoothing": 0.3, "seed": 5}
SIM = {"start_states": STARTS, "threads": 1}
REWARD = RewardConfig(1.0, 5.0, 20.0, 5.0, 0.05, 0.1, 0.0)


def make_env(angle=4.0, randomization="all", **changes):
    values = {
        "batch": ROWS,
        "randomization": randomization,
        "policy": PAPER_OBSERVATION,
        "states": {"critic": ("relative_target_orientation", "goal_time", "physics")},
        "reward": REWARD,
        "goals": GoalCurriculum(angle, 0.1, 2.0),
        "scale": RandomizationCurriculum(1.0, 0.1, 2.0, 0.0),
        "timeout_is_terminal": True,
        "overrides": {"sim": {"start_states": STARTS}, "goal": {"timeout_s": 0.8}},
    }
    return GraphEnv(GraphEnvConfig(**{**values, **changes}), seed=3, threads=1)


def make_network(env, memory="lstm"):
    torch.manual_seed(1)
    network = Network(
        NetworkConfig("policy", (16,), 16, "relu", "bins", memory=memory), env.sizes["policy"], 20 * N_BINS, gain=2.0
    )
    network.normalizer.update(torch.randn(50, env.sizes["policy"]) * 0.1 + 0.1)
    return network


def drive(env, network, ticks):
    """Actions, trials and object poses by tick, as the trainers step the environment."""
    bins, memory, start = Bins(20), network.memory(ROWS), torch.ones(ROWS, dtype=torch.bool)
    observation, records = env.start(), []
    for _ in range(ticks):
        with torch.no_grad():
            logits, memory = network(torch.from_numpy(observation["policy"])[None], memory, start[None])
        step = env.step(bins.action(bins.mean(logits[0])).numpy())
        latest = env.graph.latest
        records.append((latest["policy/action"].action, latest["trial"].trial_id, latest["object/pose"].orientation))
        observation, start = step.observation, torch.from_numpy(step.start)
    return records


OWN = ("joint_positions", "joint_velocities", "previous_action")


@pytest.mark.parametrize(
    ("observation", "memory"),
    [(PAPER_OBSERVATION, "lstm"), ((*PAPER_OBSERVATION, *OWN), "gru"), (tuple(BLOCKS), "lstm")],
)
def test_trained_network_acts_in_the_deployed_graph_as_in_training(tmp_path, observation, memory):
    env = make_env(policy=observation)
    network = make_network(env, memory)
    weights = export_weights(to_policy(network), observation, TrainingInfo("test", "", 1, False))
    save_weights(tmp_path / "policy.safetensors", weights)
    overrides = {"sim": SIM, "goal": {"timeout_s": 0.8}, "policy": {"weights": str(tmp_path / "policy.safetensors")}}
    graph = InProcessGraph(load_graph("training"), ROWS, 3, "all", overrides)
    graph.step()
    deployed = []
    for _ in range(TICKS):
        action = graph.latest["policy/action"].action
        graph.step()
        deployed.append((action, graph.latest["trial"].trial_id, graph.latest["object/pose"].orientation))
    trained = drive(env, network, TICKS)
    assert deployed[-1][1].min() >= 2  # the comparison spans ends of episodes
    for tick, (a, b) in enumerate(zip(deployed, trained, strict=True)):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=f"tick {tick}")


def test_episodes_end_and_begin_as_announced():
    env = make_env(randomization="none")
    env.start()
    ended_before = np.zeros(ROWS, bool)
    seen = 0
    for _ in range(25):
        step = env.step(np.zeros((ROWS, 20)))
        np.testing.assert_array_equal(~step.valid, ended_before)
        np.testing.assert_array_equal(step.start, ended_before)
        assert (step.reward[~step.valid] == 0).all()
        assert len(step.episodes.goals) == step.ended.sum()
        seen += int(step.ended.sum())
        ended_before = step.ended
    assert seen >= 2 * ROWS


def test_the_very_first_episodes_keep_to_the_first_scale():
    env = make_env(randomization="physics", scale=RandomizationCurriculum(0.1, 0.1, 2.0, 0.0))
    env.start()
    spread = np.abs(env.graph.component("sim").joint_parameters()[:, :24])
    assert 0.0 < spread.max() <= 0.1 * math.log(1 / 0.3) + 1e-9


HIDDEN = ("joint_limits", "delayed", "slack")


def test_teachers_see_limits_delays_and_slack_of_the_episode():
    env = make_env(states={"actor": HIDDEN})
    env.start()
    for _ in range(3):
        seen = env.step(np.full((ROWS, 20), 0.5)).observation["actor"]
    limits, delayed, slack = np.split(seen, [48, 68], axis=1)
    draw = env.graph.component("sim").state.draw.limits
    np.testing.assert_allclose(limits, np.concatenate([draw[..., 0], draw[..., 1]], axis=1), atol=1e-6)
    assert set(np.unique(delayed)) == {0.0, 1.0}
    assert (np.abs(slack) <= 1.0).all() and (slack > 0.0).mean() > 0.5  # taken up towards positive actions


def test_what_is_not_randomised_stands_at_zero():
    env = make_env(randomization="none", states={"actor": HIDDEN})
    env.start()
    assert (env.step(np.full((ROWS, 20), 0.5)).observation["actor"] == 0.0).all()


def test_reward_is_the_turn_towards_the_goal():
    env = make_env(randomization="none", reward=RewardConfig(1.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0))
    env.start()
    goal, sim = env.graph.component("goal"), env.graph.component("sim")
    rng = np.random.default_rng(0)
    for _ in range(5):
        target = goal.state.orientation.copy()
        before = distance(target, sim.truth().object_orientation)
        step = env.step(rng.uniform(-1, 1, (ROWS, 20)))
        after = distance(target, sim.truth().object_orientation)
        np.testing.assert_allclose(step.reward[step.valid], (before - after)[step.valid], atol=1e-6)


def test_reward_takes_off_for_a_tilted_wrist():
    env = make_env(randomization="none", reward=RewardConfig(0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, wrist=0.5))
    env.start()
    action = np.zeros((ROWS, 20))
    action[:, ACTUATOR_INDEX["rh_WRJ1"]] = 1.0
    pitches = []
    for _ in range(5):
        step = env.step(action)
        pitches.append(env.graph.component("sim").truth().joint_position[:, JOINT_INDEX["rh_WRJ1"]].copy())
        np.testing.assert_allclose(step.reward[step.valid], -0.5 * np.abs(pitches[-1] + 0.32)[step.valid], atol=1e-6)
    assert (pitches[-1] > pitches[0] + 0.05).all()


def test_restored_environment_repeats_bit_for_bit():
    env = make_env(angle=1.0)
    env.start()
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (24, ROWS, 20))
    for action in actions[:12]:
        env.step(action)
    saved = env.save()
    first = [env.step(action) for action in actions[12:]]
    other = make_env(angle=1.0)
    other.restore(saved)
    for action, expected in zip(actions[12:], first, strict=True):
        step = other.step(action)
        np.testing.assert_array_equal(step.reward, expected.reward)
        for name, value in expected.observation.items():
            np.testing.assert_array_equal(step.observation[name], value, err_msg=name)


def test_curricula_widen_goals_first_and_count_only_episodes_begun_since():
    env = make_env(angle=math.pi - 0.05, randomization="physics", scale=RandomizationCurriculum(0.5, 0.5, 2.0, 0.0))
    env.start()
    good = {"mean_goals": 9.0, "window": 1.0}
    for _ in range(5):
        env.adapt(good)
    assert env.progress == {"goal_angle": math.pi, "randomization_scale": 0.5}
    counted = 0
    for _ in range(11):
        step = env.step(np.zeros((ROWS, 20)))
        counted += len(step.episodes.goals)
    assert counted < ROWS or step.ended.sum() == 0  # episodes begun before the change do not count
    for _ in range(5):
        env.adapt(good)
    assert env.progress["randomization_scale"] == 1.0
    env.adapt({"mean_goals": 0.0, "window": 1.0})
    assert env.progress["randomization_scale"] == 1.0


@pytest.mark.parametrize("mode", ["full", "face_up"])
def test_goals_of_the_curriculum_end_as_those_of_the_mode(mode):
    """Near the object at first, whatever the mode; at pi as where there is no curriculum."""
    overrides = {"sim": {"start_states": STARTS}, "goal": {"timeout_s": 0.8, "mode": mode}}
    env = make_env(angle=0.8, randomization="none", overrides=overrides, batch=64)
    env.start()
    goal, rows = env.graph.component("goal"), np.arange(64)
    assert goal.config.mode == mode
    now = env.graph.latest["object/pose"].orientation
    assert distance(goal.draw(rows, now), now).max() <= 0.8 + 1e-9
    goal.set_max_angle(math.pi)
    drawn = goal.draw(rows, now)
    up = np.abs(to_matrix(drawn)[:, 1]).max(axis=1)  # of the block's axes, the nearest to the vertical
    assert distance(drawn, now).max() > 2.0 and (up.min() > 1.0 - 1e-9) == (mode == "face_up")


def test_unknown_feature_is_named():
    with pytest.raises(ConfigError, match="velocity_of_light"):
        make_env(states={"critic": ("velocity_of_light",)})


def test_episodes_begin_before_failures_and_repeat_after_a_restore(monkeypatch):
    from inhand_sim import failures

    monkeypatch.setattr(failures, "FEWEST", 1)
    resets = {"share": 1.0, "size": 16, "before_s": [0.3, 0.6]}
    env = make_env(overrides={"sim": {"start_states": STARTS, "failure_resets": resets}, "goal": {"timeout_s": 0.8}})
    env.start()
    action = np.random.default_rng(0).uniform(-1, 1, (100, ROWS, 20))
    for k in range(70):
        env.step(action[k])
    assert env._sim._failures.state.kept > 0 and env._sim.before_failure.any()
    saved = env.save()
    first = [env.step(action[k]) for k in range(70, 100)]
    kept = env._sim._failures.state.kept
    env.restore(saved)
    again = [env.step(action[k]) for k in range(70, 100)]
    assert any(one.start.any() for one in first)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.observation["critic"], other.observation["critic"])
        np.testing.assert_array_equal(one.reward, other.reward)
    assert env._sim._failures.state.kept == kept
    counts = sum((one.counts for one in first), Counts())
    ends = sum(int(one.ended.sum()) for one in first)
    assert counts.drops + counts.timeouts < ends  # what begins before a failure says nothing of ordinary episodes
