"""What a phase has learned outlives its machine in one small file."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from test_ppo import CRITIC, LSTM, PPO
from toy import RecallEnv

from inhand_core.config import ConfigError
from inhand_training.actor_critic import ActorCritic
from inhand_training.anchor import AnchorConfig
from inhand_training.checkpoint import find_checkpoint, read_checkpoint
from inhand_training.config import Until
from inhand_training.kept import CURVE_POINTS, keep, read_kept, unpack
from inhand_training.phases import PhaseLoop, PpoLearner, trained_tensors
from inhand_training.ranks import Ranks
from inhand_training.runlog import curve, log_entries, thinned


def loop(folder, updates, seed=0):
    ppo = replace(PPO, averaging=0.5, anchor=AnchorConfig(0.1, 0.0))
    phase = SimpleNamespace(name="toy", ppo=ppo, until=Until(steps=updates * 240))
    torch.manual_seed(seed)
    env = RecallEnv(16, seed)
    one = PpoLearner(env, ActorCritic(LSTM, CRITIC, env.sizes, 1), phase, Ranks())
    run = SimpleNamespace(checkpoint_s=1e9, log_s=0.0, phases=[phase])
    return PhaseLoop(one, phase, run, folder, Ranks())


@pytest.fixture
def first(tmp_path):
    one = loop(tmp_path / "first/toy", updates=4)
    one.loop()
    return one


def test_another_machine_goes_on_with_networks_optimisers_curricula_and_counters(first, tmp_path):
    file = tmp_path / "kept/toy.safetensors"
    assert keep(first.folder, file) == 4 * 240
    assert unpack(file, tmp_path / "second/toy")
    second = loop(tmp_path / "second/toy", updates=6, seed=9)
    before = second.learner.env.save()
    assert second.resume()
    for name, tensor in first.learner.model.state_dict().items():
        assert torch.equal(tensor, second.learner.model.state_dict()[name]), name
    handed, again = trained_tensors(first.folder), trained_tensors(second.folder)
    assert all(torch.equal(tensor, again[name]) for name, tensor in handed.items())
    assert second.steps == 4 * 240 and second.iteration == 4
    assert second.learner.ppo.updates == 4 and second.learner.ppo.learning_rate == first.learner.ppo.learning_rate
    for ours, theirs in zip(optimisers(first), optimisers(second), strict=True):
        for key, state in ours["state"].items():
            for name, value in state.items():
                torch.testing.assert_close(theirs["state"][key][name], value, rtol=1e-2, atol=0.0)
    assert second.learner.env.progress == {"stage": 5.0}  # the curricula's
    assert before[1].tolist() == second.learner.env.save()[1].tolist()  # experience begins anew
    assert [entry["steps"] for entry in log_entries(second.folder)] == [240, 480, 720, 960]
    anchors = [one.learner.ppo.anchor.network.state_dict() for one in (first, second)]
    for name, tensor in anchors[0].items():
        torch.testing.assert_close(anchors[1][name], tensor, rtol=1e-3 if tensor.ndim > 1 else 0.0, atol=1e-7)
    assert second.learner.ppo.anchor._memory is None  # it begins with the new episodes
    second.loop()
    assert second.steps == 6 * 240


def optimisers(one):
    return [optimizer.state_dict() for optimizer in (one.learner.ppo.actor_optimizer, one.learner.ppo.critic_optimizer)]


def test_a_run_with_a_checkpoint_of_its_own_is_left_alone(first, tmp_path):
    file = tmp_path / "toy.safetensors"
    keep(first.folder, file)
    assert not unpack(file, first.folder)
    assert not unpack(tmp_path / "nothing.safetensors", tmp_path / "second/toy")
    assert find_checkpoint(tmp_path / "second/toy") is None


def test_every_rank_of_the_new_run_begins_alike(first, tmp_path):
    (find_checkpoint(first.folder) / "rank_1.pt").write_bytes(
        (find_checkpoint(first.folder) / "rank_0.pt").read_bytes()
    )
    keep(first.folder, tmp_path / "toy.safetensors")
    unpack(tmp_path / "toy.safetensors", tmp_path / "toy")
    contents = [read_checkpoint(find_checkpoint(tmp_path / "toy"), rank)["learner"]["model"] for rank in (0, 1)]
    assert all(torch.equal(tensor, contents[1][name]) for name, tensor in contents[0].items())


def test_moments_are_small_and_nothing_is_stored_twice(first, tmp_path):
    keep(first.folder, tmp_path / "toy.safetensors")
    with safe_open(tmp_path / "toy.safetensors", framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    moments = [tensor for name, tensor in tensors.items() if "exp_avg" in name]
    assert moments and all(tensor.dtype == torch.bfloat16 for tensor in moments)
    anchor = [tensor for name, tensor in tensors.items() if name.startswith("learner.anchor.") and tensor.ndim > 1]
    assert anchor and all(tensor.dtype == torch.float16 for tensor in anchor)
    beside = ("learner.collector", "learner.handed_on", "learner.anchor_memory")
    assert not any(name.startswith(beside) for name in tensors)


def test_what_is_no_kept_state_is_refused(first, tmp_path):
    import safetensors.torch

    safetensors.torch.save_file({"x": torch.zeros(1)}, tmp_path / "toy.safetensors")
    with pytest.raises(ConfigError, match="toy.safetensors: no training state"):
        unpack(tmp_path / "toy.safetensors", tmp_path / "toy")
    with pytest.raises(ConfigError, match="no checkpoint"):
        keep(tmp_path / "nowhere", tmp_path / "toy.safetensors")


def test_a_long_curve_is_thinned_to_its_last_point():
    thin = thinned([{"steps": float(i)} for i in range(5000)], CURVE_POINTS)
    assert len(thin) == CURVE_POINTS and thin[-1]["steps"] == 4999.0 and thin[0]["steps"] == 0.0


def test_the_curve_stands_in_the_metadata(first, tmp_path):
    keep(first.folder, tmp_path / "toy.safetensors")
    metadata = read_kept(tmp_path / "toy.safetensors")
    assert metadata["phase"] == "toy" and metadata["ranks"] == 1 and metadata["curve"][-1]["steps"] == 960


def test_weights_tell_a_short_curve(first):
    points = curve(first.folder, 3)
    assert [point["steps"] for point in points] == [240, 720, 960] and "goals_per_100" in points[0]
    assert set(points[0]) <= {"steps", "goals_per_100", "drops_per_goal", "timeouts_per_goal"}
