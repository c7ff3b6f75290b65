"""Distillation: targets, loss, and a student with memory that learns from a teacher with more to see."""

import pytest
import torch
from toy import RecallEnv

from inhand_policy.actions import mean_bins
from inhand_training.actor_critic import ActorCritic
from inhand_training.distill import DistillConfig, Distiller, distillation_loss, target_bins
from inhand_training.distributions import N_BINS, Bins
from inhand_training.networks import Network, NetworkConfig
from inhand_training.ranks import Ranks

TEACHER = NetworkConfig("state", (8,), 0, "relu", "gaussian", 0.1)
STUDENT = NetworkConfig("policy", (32,), 32, "relu", "bins")
CONFIG = DistillConfig(15, 2, 2, 5e-3, 0.5, 0.0, 0.5, 1.0, 50)


def test_target_has_the_action_as_its_mean():
    action = torch.tensor([-1.7, -1.0, -0.13, 0.0, 0.2, 0.95, 3.0])
    target = target_bins(action, Bins(1), 0.0)
    assert target.sum(-1).tolist() == pytest.approx([1.0] * 7)
    assert (target * Bins(1).centres.float()).sum(-1).tolist() == pytest.approx(action.clamp(-1, 1).tolist(), abs=1e-6)
    assert (target > 1e-6).sum(-1).max() == 2


def test_the_student_drives_with_the_bins_of_the_deployed_policy():
    logits = 3.0 * torch.randn(500, 20, N_BINS)
    found = Bins(20).mean(logits.flatten(1)).numpy()
    assert (found == mean_bins(logits.numpy())).all() and len(set(found.ravel())) == N_BINS
    assert (found != logits.numpy().argmax(-1)).any()


def test_wide_target_keeps_mode_and_symmetry():
    target = target_bins(torch.tensor([0.0, 0.41, -1.3]), Bins(1), 0.3)
    assert target.argmax(-1).tolist() == [5, 7, 0]
    assert target.sum(-1).tolist() == pytest.approx([1.0] * 3)
    assert target[0].tolist() == pytest.approx(target[0].flip(-1).tolist())
    assert (target[0, 4] / target[0, 5]).item() == pytest.approx(0.8007, abs=1e-3)  # exp(-(0.2 / 0.3)^2 / 2)


def test_loss_ignores_steps_without_weight_and_is_least_at_the_target():
    bins = Bins(2)
    target = target_bins(torch.zeros(3, 4, 2), bins, 0.0)
    weight = torch.ones(3, 4)
    weight[1, 2] = 0.0
    logits = torch.randn(3, 4, 2 * N_BINS)
    changed = logits.clone()
    changed[1, 2] += 5.0 * torch.randn(2 * N_BINS)
    assert distillation_loss(logits, target, bins, weight) == distillation_loss(changed, target, bins, weight)
    best = (target * 100.0).flatten(-2)
    assert distillation_loss(best, target, bins, weight) < 1e-3 < distillation_loss(logits, target, bins, weight)


def teacher_that_knows_the_cue(env):
    model = ActorCritic(TEACHER, NetworkConfig("state", (8,), 0, "relu", "value"), env.sizes, env.actions)
    with torch.no_grad():
        for parameter in model.actor.parameters():
            parameter.zero_()
        model.actor.trunk.layers[0].weight[0, 2] = 1.0
        model.actor.trunk.layers[0].weight[1, 2] = -1.0
        model.actor.head.weight[0, 0], model.actor.head.weight[0, 1] = 1.0, -1.0
    return model.requires_grad_(False)


def test_student_with_memory_learns_what_it_sees_only_once():
    torch.manual_seed(0)
    env = RecallEnv(64, 0)
    student = Network(STUDENT, env.sizes["policy"], N_BINS, gain=0.01)
    distiller = Distiller(env, teacher_that_knows_the_cue(env), student, CONFIG, Ranks())
    losses = [distiller.iterate(k / 60)[0]["distillation_loss"] for k in range(60)]
    assert losses[0] > 2.0  # ln 11 = 2.4
    assert losses[-1] < 0.3
    assert distiller.iterate(1.0)[1].goals > 0.9 * 64 * 15 * 3 / 5
