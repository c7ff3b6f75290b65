"""What a head's log probability is about is the action that is applied, whole and nothing else."""

import math

import pytest
import torch

from inhand_training.distributions import MEAN_BOUND, Bins, Gaussian

MEANS = (0.0, 0.4, -0.97, 1.0, 1.4, -2.5)


def gaussian(std=0.35):
    return Gaussian(1, std)


def applied(head, parameters):
    """(probability over all applied actions, its mean action) by quadrature and the point masses."""
    if isinstance(head, Bins):
        actions = torch.arange(len(head.centres))
        p = torch.stack([head.log_probability(parameters, a[None]).exp() for a in actions])
        return float(p.sum()), float((p * head.action(actions)).sum())
    ends = [head.log_probability(parameters, torch.tensor([x])).exp() for x in (-1.0, 1.0)]
    grid = torch.linspace(-1.0, 1.0, 20001, dtype=torch.float64)[1:-1, None]
    density = head.log_probability(parameters.double(), grid).exp().detach()
    inside = torch.trapezoid(density, grid[:, 0])
    mean = torch.trapezoid(density * grid[:, 0], grid[:, 0])
    low, high = (float(end.detach()) for end in ends)
    return float(inside) + low + high, float(mean) + high - low


@pytest.mark.parametrize("mean", MEANS)
def test_gaussian_probability_over_applied_actions_is_one(mean):
    total, expected = applied(gaussian(), torch.tensor([mean]))
    assert total == pytest.approx(1.0, abs=2e-4)
    torch.manual_seed(0)
    drawn = gaussian().action(gaussian().sample(torch.full((200_000, 1), mean)))
    assert expected == pytest.approx(float(drawn.mean()), abs=4e-3)


def test_bins_probability_over_applied_actions_is_one():
    torch.manual_seed(0)
    total, _ = applied(Bins(1), torch.randn(11) * 3.0)
    assert total == pytest.approx(1.0, abs=1e-5)


def test_samples_beyond_an_end_are_one_action():
    head = gaussian()
    mean = torch.tensor([0.8], requires_grad=True)
    first, second = (head.log_probability(mean, torch.tensor([x])) for x in (1.01, 7.0))
    assert first == second == head.log_probability(mean, head.action(torch.tensor([7.0])))


@pytest.mark.parametrize("mean", (30.0, -30.0))
def test_far_means_keep_finite_probabilities_and_gradients(mean):
    head, parameters = gaussian(), torch.tensor([[mean]] * 3, requires_grad=True)
    logp = head.log_probability(parameters, torch.tensor([[-1.2], [0.3], [1.2]]))
    logp.sum().backward()
    assert torch.isfinite(logp).all() and torch.isfinite(parameters.grad).all()


def test_the_applied_action_gives_the_gradient_with_less_variance():
    """Where the reward depends on the applied action both scores have the same mean."""
    torch.manual_seed(0)
    head, n = gaussian(), 400_000
    mean = torch.full((n, 1), 1.2, requires_grad=True)
    sample = head.sample(mean.detach())
    reward = head.action(sample)[:, 0]
    std = head.log_std.exp().detach()
    unclipped = ((sample - mean) / std**2)[:, 0].detach() * reward
    (score,) = torch.autograd.grad(head.log_probability(mean, sample).sum(), mean)
    clipped = score[:, 0] * reward
    assert float(clipped.mean()) == pytest.approx(float(unclipped.mean()), abs=0.02)
    assert float(clipped.var()) < 0.6 * float(unclipped.var())


def test_bound_loss_draws_back_far_means_alone():
    head = Gaussian(2, 0.3)
    mean = torch.tensor([[0.9, MEAN_BOUND], [MEAN_BOUND + 0.5, -MEAN_BOUND - 1.0]])
    torch.testing.assert_close(head.bound_loss(mean), torch.tensor([0.0, 1.25]))
    assert Bins(2).bound_loss(torch.randn(3, 22)).tolist() == [0.0] * 3


def test_divergence_is_that_of_the_distributions():
    torch.manual_seed(0)
    bins, before, now = Bins(2), torch.randn(4, 22), torch.randn(4, 22)
    p, q = (torch.distributions.Categorical(logits=x.unflatten(-1, (2, 11))) for x in (before, now))
    torch.testing.assert_close(bins.divergence(before, now), torch.distributions.kl_divergence(p, q).sum(-1))
    head, a, b = Gaussian(3, 0.4), torch.randn(5, 3), torch.randn(5, 3)
    p, q = (torch.distributions.Normal(x, math.exp(float(head.log_std[0]))) for x in (a, b))
    torch.testing.assert_close(head.divergence(a, b), torch.distributions.kl_divergence(p, q).sum(-1))


@pytest.mark.parametrize("head", (Bins(3), Gaussian(3, 0.2)))
def test_variance_is_that_of_the_samples(head):
    torch.manual_seed(0)
    parameters = torch.randn(head.outputs) * (2.0 if isinstance(head, Bins) else 0.1)
    drawn = head.action(head.sample(parameters.expand(200_000, -1))).double()
    assert float(head.variance(parameters)) == pytest.approx(float(drawn.var(0).sum()), rel=0.02)
