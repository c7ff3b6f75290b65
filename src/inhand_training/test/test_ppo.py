"""PPO learns a task that needs memory, weighs no step between episodes, resumes bit for bit."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from toy import RecallEnv

from inhand_core.config import ConfigError, check_config
from inhand_training.actor_critic import ActorCritic
from inhand_training.anchor import Anchor, AnchorConfig
from inhand_training.config import Until
from inhand_training.env import Counts
from inhand_training.minibatches import minibatches
from inhand_training.networks import NetworkConfig
from inhand_training.phases import PhaseLoop, PpoLearner, trained_tensors
from inhand_training.ppo import DivergedError, Ppo, PpoConfig
from inhand_training.ranks import Ranks
from inhand_training.rollout import Collector
from inhand_training.runlog import failures_per_goal, log_entries

CRITIC = NetworkConfig("state", (32,), 0, "relu", "value")
LSTM = NetworkConfig("policy", (32,), 32, "relu", "bins")
DENSE = NetworkConfig("policy", (32,), 0, "elu", "gaussian")
PPO = PpoConfig(
    horizon=15, minibatch=480, epochs=4, gamma=0.9, gae_lambda=0.95, clip=0.2, entropy=0.0, bound=0.0, critic_rate=3e-3,
    learning_rate=3e-3, learning_rate_range=(1e-4, 1e-2), target_kl=0.03, max_gradient=1.0, window=50,
)  # fmt: skip


def learner(actor=LSTM, batch=64, seed=0):
    torch.manual_seed(seed)
    env = RecallEnv(batch, seed)
    model = ActorCritic(actor, CRITIC, env.sizes, env.actions)
    return PpoLearner(env, model, SimpleNamespace(ppo=PPO), Ranks())


def reward_after(actor, iterations):
    one = learner(actor)
    for _ in range(iterations):
        last, _ = one.iterate(0.0)
    return last["reward"]


def test_memory_learns_the_cue_and_no_memory_cannot():
    assert reward_after(LSTM, 60) > 0.5  # of at most 0.75: the first step has no reward
    assert abs(reward_after(DENSE, 60)) < 0.2


@pytest.mark.parametrize("actor", [LSTM, DENSE])
def test_replay_of_a_rollout_gives_its_own_probabilities(actor):
    one = learner(actor)
    one.collector.collect()
    rollout = one.collector.collect()
    assert rollout.start.any() and (~rollout.valid).any()
    parameters, _ = one.model.actor(rollout.observation["policy"], rollout.memory[0], rollout.start)
    again = one.model.distribution.log_probability(parameters, rollout.sample)
    torch.testing.assert_close(again, rollout.log_probability)


def test_memory_is_emptied_at_a_start_and_carried_elsewhere():
    network = learner().model.actor
    x = torch.randn(6, 3, 2)
    start = torch.zeros(6, 3, dtype=torch.bool)
    start[0], start[3, 1] = True, True
    whole, _ = network(x, network.memory(3), start)
    first, memory = network(x[:2], network.memory(3), start[:2])
    rest, _ = network(x[2:], memory, start[2:])
    torch.testing.assert_close(torch.cat([first, rest]), whole)
    alone, _ = network(x[3:, 1:2], network.memory(1), start[3:, 1:2])
    torch.testing.assert_close(alone, whole[3:, 1:2])
    changed = x.clone()
    changed[:3] += 1.0
    other, _ = network(changed, network.memory(3), start)
    torch.testing.assert_close(other[3:, 1], whole[3:, 1])
    assert (other[3:, 0] - whole[3:, 0]).abs().max() > 1e-6


def test_steps_between_episodes_have_no_weight():
    one = learner()
    one.collector.collect()
    rollout = one.collector.collect()
    ppo = Ppo(one.model, PPO, Ranks())
    state = {k: v.clone() for k, v in one.model.state_dict().items()}
    results = []
    for change in (0.0, 100.0):
        one.model.load_state_dict(state)
        rollout.reward[~rollout.valid] = change
        torch.manual_seed(3)
        results.append(next(minibatches(ppo._prepare(rollout), PPO.minibatch, recurrent=True)))
    torch.testing.assert_close(results[0].advantage * results[0].weight, results[1].advantage * results[1].weight)


def test_a_rollout_with_no_finite_number_is_refused():
    one = learner()
    rollout = one.collector.collect()
    rollout.reward[0, 0] = float("nan")
    with pytest.raises(DivergedError):
        one.ppo.update(rollout)


def loop(folder, steps, averaging=0.0):
    phase = SimpleNamespace(name="toy", ppo=replace(PPO, averaging=averaging), until=Until(steps=steps))
    run = SimpleNamespace(checkpoint_s=1e9, log_s=1e9, phases=[phase])
    torch.manual_seed(0)
    env = RecallEnv(16, 0)
    one = PpoLearner(env, ActorCritic(LSTM, CRITIC, env.sizes, 1), phase, Ranks())
    return PhaseLoop(one, phase, run, folder, Ranks())


@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, averaging):
    whole = loop(tmp_path / "whole", 6 * 240, averaging)
    whole.loop()
    half = loop(tmp_path / "half", 6 * 240, averaging)
    calls = iter(range(100))
    half.loop(stopped=lambda: next(calls) == 2)
    assert half.iteration == 3
    resumed = loop(tmp_path / "half", 6 * 240, averaging)
    torch.manual_seed(99)
    assert resumed.resume()
    resumed.loop()
    assert resumed.steps == whole.steps
    for name, tensor in whole.learner.model.state_dict().items():
        assert torch.equal(tensor, resumed.learner.model.state_dict()[name]), name
    handed = trained_tensors(tmp_path / "half")
    assert all(torch.equal(tensor, handed[name]) for name, tensor in trained_tensors(tmp_path / "whole").items())
    assert whole.learner.env.save()[0] == resumed.learner.env.save()[0]


def test_bad_worlds_are_kept_beside_the_checkpoint(tmp_path):
    one = loop(tmp_path, steps=240)
    one.loop()
    (file,) = tmp_path.glob("bad_worlds_rank_0_*.pt")
    assert set(torch.load(file, weights_only=False)[0]) == {"clock"}


def test_a_risen_curriculum_begins_its_statistics_anew(tmp_path):
    one = loop(tmp_path, steps=240)
    one.learner.env.adapt = lambda summary: setattr(one.learner.env, "progress", {"seen": one.iteration})
    one.loop()
    assert one.learner.episodes.steps == []
    one.learner.env.adapt = lambda summary: None
    one._iterate(None)
    assert len(one.learner.episodes.steps) > 0


def test_collector_counts_the_episodes(tmp_path):
    env = RecallEnv(8, 0)
    model = ActorCritic(LSTM, CRITIC, env.sizes, 1)
    collector = Collector(env, model, horizon=10, window=6)
    collector.collect()
    assert len(collector.episodes.steps) == 6 and set(collector.episodes.steps) == {4.0}


def test_a_phase_hands_on_the_running_average_of_its_networks(tmp_path):
    one = loop(tmp_path, 3 * 240, averaging=0.75)
    seen, update = [], one.learner.ppo.update

    def watched(rollout, progress):
        scalars = update(rollout, progress)
        seen.append(one.learner.model.actor.head.weight.detach().clone())
        return scalars

    one.learner.ppo.update = watched
    one.loop()
    average = seen[0]
    for weight in seen[1:]:
        average = 0.75 * average + 0.25 * weight
    handed = trained_tensors(tmp_path)
    torch.testing.assert_close(handed["actor.head.weight"], average)
    assert not torch.equal(handed["actor.head.weight"], seen[-1])
    assert torch.equal(handed["actor.trunk.normalizer.mean"], one.learner.model.actor.normalizer.mean)


def test_an_average_that_never_forgets_is_refused():
    with pytest.raises(ConfigError, match=r"averaging.*\[0, 1\)"):
        check_config(replace(PPO, averaging=1.0))


def test_both_networks_learn_by_rates_of_their_own():
    one = learner(DENSE)
    config = replace(PPO, target_kl=1e-9, learning_rate=1e-3, critic_rate=7e-4)
    ppo = Ppo(one.model, config, Ranks())
    ppo.update(one.collector.collect())
    assert ppo.actor_optimizer.param_groups[0]["lr"] == ppo.learning_rate < 1e-3
    assert ppo.critic_optimizer.param_groups[0]["lr"] == 7e-4
    again = Ppo(one.model, replace(config, critic_rate=1e-4), Ranks())
    again.restore(ppo.save())
    assert again.learning_rate == again.actor_optimizer.param_groups[0]["lr"] == ppo.learning_rate
    assert again.critic_optimizer.param_groups[0]["lr"] == 1e-4


def test_advantages_are_normalised_over_the_whole_update():
    one = learner()
    one.collector.collect()
    rollout = one.collector.collect()
    rollout.reward[:, :32] += 50.0  # one half of the rows is better: within a minibatch that must still show
    batch = one.ppo._prepare(rollout)
    valid = batch.advantage[rollout.valid]
    assert float(valid.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(valid.std(unbiased=False)) == pytest.approx(1.0, abs=1e-3)
    half = batch.advantage[:, :32][rollout.valid[:, :32]]
    assert float(half.mean()) > 0.5


def test_the_value_network_learns_alone_at_first():
    one = learner()
    ppo = Ppo(one.model, replace(PPO, warm_up=1), Ranks())
    state = {k: v.clone() for k, v in one.model.state_dict().items()}
    first = ppo.update(one.collector.collect())
    changed = {
        k.split(".")[0] for k, v in one.model.state_dict().items() if "head" in k and not torch.equal(v, state[k])
    }
    assert changed == {"critic"} and first["kl"] == 0.0
    ppo.update(one.collector.collect())
    assert not torch.equal(one.model.actor.head.weight, state["actor.head.weight"])


def test_an_anchor_holds_the_policy_near_its_beginning():
    distances = []
    for weight in (0.0, 30.0):
        one = learner()
        ppo = Ppo(one.model, replace(PPO, anchor=AnchorConfig(weight, weight), target_kl=0.0), Ranks())
        for _ in range(12):
            scalars = ppo.update(one.collector.collect(), 0.5)
        distances.append(scalars["anchor_kl"])
    assert distances[1] < 0.3 * distances[0]


def test_an_anchor_carries_its_memory_from_rollout_to_rollout():
    one = learner()
    anchor = Anchor(one.model.actor)
    first, second = one.collector.collect(), one.collector.collect()
    with torch.no_grad():
        whole, _ = one.model.actor(
            torch.cat([first.observation["policy"], second.observation["policy"]]),
            first.memory[0],
            torch.cat([first.start, second.start]),
        )
    parts = [anchor.parameters_of(r.observation["policy"], r.start, r.memory[0]) for r in (first, second)]
    torch.testing.assert_close(torch.cat(parts), whole)
    other = Anchor(one.model.actor)
    other.restore(anchor.save())
    third = one.collector.collect()
    again = [a.parameters_of(third.observation["policy"], third.start, None) for a in (anchor, other)]
    assert torch.equal(*again)


def test_failures_are_logged_as_sums_over_the_interval(tmp_path):
    one = loop(tmp_path, steps=3 * 240)
    given = iter([Counts(12, 10, drops=2), Counts(40, 30, drops=1, timeouts=4), Counts(drops=5)])
    inner = one.learner.iterate
    one.learner.iterate = lambda progress: (inner(progress)[0], next(given))
    one.loop()
    entry = log_entries(tmp_path)[-1]
    logged = [failures_per_goal(Counts(12, 10, drops=2))]
    assert len(log_entries(tmp_path)) == 2  # at once, and at the end
    assert entry["interval_goals"] == 30 and entry["drops_per_goal"] == pytest.approx(0.2)
    assert entry["timeouts_per_goal"] == pytest.approx(4 / 30, rel=1e-4)
    assert logged[0]["drops_per_goal_error"] == pytest.approx((0.2 * 1.2 / 10) ** 0.5)
    assert failures_per_goal(Counts(drops=3)) == {"interval_goals": 0.0}
