"""Gymnasium's own checkers accept the environments; episodes, seeds, spaces and infos are those of the graph."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import inhand_gym
from inhand_core.config import ConfigError
from inhand_policy.observation import BLOCKS
from inhand_policy.weights import load_weights

STARTS = {"sim": {"start_states": {"size": 4, "random_steps": 3, "smoothing": 0.3, "seed": 5}}}
QUICK = {"overrides": {**STARTS, "goal": {"timeout_s": 0.8}}, "threads": 1}


def hands(count=3, **settings):
    return gymnasium.make_vec("inhand/Block-v0", num_envs=count, **{**QUICK, **settings})


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize(("name", "discrete"), [("inhand/Block-v0", False), ("inhand/Prism-v0", True)])
def test_gymnasiums_checker_accepts_the_single_environment(name, discrete):
    env = gymnasium.make(name, discrete=discrete, **QUICK)
    check_env(env.unwrapped, skip_render_check=True)


def test_the_vector_environment_keeps_gymnasiums_contract():
    envs = hands()
    assert envs.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    assert envs.observation_space.shape == (3, envs.single_observation_space.shape[0])
    observation, info = envs.reset(seed=3)
    assert observation in envs.observation_space and observation.dtype == np.float32
    envs.action_space.seed(1)
    ended_before, ends, rewards = np.zeros(3, bool), 0, []
    for _ in range(40):
        observation, reward, terminated, truncated, info = envs.step(envs.action_space.sample())
        assert observation in envs.observation_space
        assert reward.shape == terminated.shape == truncated.shape == (3,) and not (terminated & truncated).any()
        assert (reward[ended_before] == 0.0).all() and not (terminated | truncated)[ended_before].any()
        assert (info["goals_achieved"][ended_before] == 0).all()
        ended = terminated | truncated
        if ended.any():
            assert np.array_equal(info["_end_reason"], ended) and (info["end_reason"][ended] > 0).all()
        ended_before, ends = ended, ends + int(ended.sum())
        rewards.append(reward)
    assert ends >= 6 and np.ptp(rewards) > 0.1


def test_a_seed_repeats_a_run_and_another_does_not():
    def run(envs, seed):
        first, _ = envs.reset(seed=seed)
        actions = np.random.default_rng(0).uniform(-1.0, 1.0, (15, 3, 20))
        return np.stack([first, *(envs.step(action)[0] for action in actions)])

    envs = hands(randomization="all")
    one, other, again = run(envs, 3), run(envs, 4), run(envs, 3)
    assert np.array_equal(one, again) and np.array_equal(run(hands(randomization="all"), 3), one)
    assert not np.array_equal(one, other)


def test_a_single_hand_is_a_row_and_says_why_an_episode_ended():
    env, envs = gymnasium.make("inhand/Block-v0", **QUICK), hands(1)
    seen, info = env.reset(seed=5)
    assert np.array_equal(seen, envs.reset(seed=5)[0][0]) and 0.0 < info["distance"] <= np.pi
    for _ in range(30):
        seen, reward, terminated, truncated, info = env.step(np.zeros(20, np.float32))
        rows = envs.step(np.zeros((1, 20), np.float32))
        assert np.array_equal(seen, rows[0][0]) and reward == rows[1][0]
        if terminated or truncated:
            break
    assert info["end_reason"] == "timeout" and truncated
    again, info = env.reset()
    assert np.array_equal(again, envs.step(np.zeros((1, 20)))[0][0]) and info["goals_achieved"] == 0


def test_every_block_keeps_its_bounds_and_bins_are_actions():
    envs = hands(2, observation=tuple(BLOCKS), randomization="all", discrete=True, state=("physics", "goal_time"))
    observation, info = envs.reset(seed=1)
    place = sum(BLOCKS[name].size for name in list(BLOCKS)[: list(BLOCKS).index("previous_action")])
    acts, seen = np.ones(2, bool), 0
    for action in np.random.default_rng(2).integers(0, 11, (20, 2, 20)):
        observation, _, terminated, truncated, info = envs.step(action)
        assert observation in envs.observation_space
        goes_on = ~(terminated | truncated)
        rows = acts & goes_on  # the observation after an episode's end is of the next one, which follows no action
        assert np.allclose(observation[rows, place : place + 20], (action[rows] - 5) / 5.0, atol=1e-6)
        acts, seen = goes_on, seen + rows.sum()
    assert seen > 20
    assert info["state"].shape == (2, 11) and info["goal"].shape == (2, 4)


def test_the_shipped_policy_sees_what_the_environment_shows():
    blocks = load_weights("weights/block.safetensors").metadata.observation
    assert hands(1).single_observation_space == inhand_gym.observation_space(blocks)


def test_what_cannot_be_is_said():
    with pytest.raises(ConfigError, match=r"unknown observation \['fingers'\]; known"):
        hands(observation=("fingers",))
    with pytest.raises(ConfigError, match="rotation"):
        hands(reward={"rotatoin": 1.0})
    with pytest.raises(RuntimeError, match="before reset"):
        hands().step(np.zeros((3, 20)))
    envs = hands()
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=r"\(3, 20\)"):
        envs.step(np.zeros((3, 19)))
