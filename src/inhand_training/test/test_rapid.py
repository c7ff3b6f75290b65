"""What a rollout worker hands over, and how chunks become one rollout; the workers under Ray: tests/cluster."""

from types import SimpleNamespace

import torch
from test_ppo import CRITIC, LSTM, PPO
from toy import RecallEnv

from inhand_training.actor_critic import ActorCritic
from inhand_training.curriculum import GoalCurriculum, RandomizationCurriculum
from inhand_training.rapid.learner import merge
from inhand_training.rapid.worker import Order, RolloutWorker

BATCH = 32
GOALS, SCALE = GoalCurriculum(4.0, 0.1, 1.0), RandomizationCurriculum(1.0, 0.1, 1.0, 0.0)
PHASE = SimpleNamespace(
    env=SimpleNamespace(batch=BATCH, goals=GOALS, scale=SCALE), ppo=PPO, actor=LSTM, critic=CRITIC, name="toy"
)


def recall(config, seed):
    return RecallEnv(config.batch, seed)


def make_model(seed=0):
    torch.manual_seed(seed)
    env = RecallEnv(1, 0)
    return ActorCritic(LSTM, CRITIC, env.sizes, env.actions)


def order(version=0):
    return Order(version, make_model().state_dict(), ((4.0, 0), (1.0, 0), 0))


def test_merged_chunks_are_the_chunks_side_by_side():
    first = order()
    chunks = [RolloutWorker(n, PHASE, 0, recall).gather(first) for n in range(2)]
    whole = merge(chunks)
    assert whole.reward.shape == (PPO.horizon, 2 * BATCH) and whole.value.shape == (PPO.horizon + 1, 2 * BATCH)
    for n, chunk in enumerate(chunks):
        rows = slice(n * BATCH, (n + 1) * BATCH)
        torch.testing.assert_close(whole.observation["policy"][:, rows], chunk.rollout.observation["policy"])
        torch.testing.assert_close(whole.memory[0][1][rows], chunk.rollout.memory[0][1])
    assert not torch.equal(chunks[0].rollout.sample, chunks[1].rollout.sample)
    assert whole.counts.goals == sum(chunk.rollout.counts.goals for chunk in chunks)


def test_worker_follows_the_parameters_and_curricula_of_its_order():
    worker = RolloutWorker(0, PHASE, 0, recall)
    newer = make_model(seed=5).state_dict()
    chunk = worker.gather(Order(3, newer, ((4.0, 0), (1.0, 0), 7)))
    assert chunk.version == 3 and worker.env.progress == {"stage": 7.0}
    torch.testing.assert_close(worker.model.state_dict()["actor.head.weight"], newer["actor.head.weight"])
