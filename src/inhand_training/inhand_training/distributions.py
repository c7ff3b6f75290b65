"""Action distributions: 11 bins a coordinate (the policy that is deployed), or a Gaussian (teachers).

`log_probability` is always that of the action that is applied: over all actions that can be it integrates to 1.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from inhand_core.signals import N_BINS
from inhand_policy.actions import bins_to_action, mean_bins

MEAN_BOUND = 1.2
"""Means of a Gaussian farther than this from 0 are drawn back by the bound loss: beyond 1 a mean changes next to
nothing in the world, and far beyond it no gradient is left that would bring it back."""


class Bins(nn.Module):
    """Independent categorical distributions over `N_BINS` equal bins of [-1, 1] a coordinate; paper 4.2, Figure 12.

    Parameters are (…, coordinates · N_BINS) logits; samples are bin numbers (…, coordinates) int64.
    """

    centres: Tensor

    def __init__(self, coordinates: int) -> None:
        super().__init__()
        self.coordinates = coordinates
        self.outputs = coordinates * N_BINS
        centres = torch.from_numpy(bins_to_action(np.arange(N_BINS)))
        self.register_buffer("centres", centres, persistent=False)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """(…, coordinates, N_BINS)."""
        return torch.log_softmax(logits.unflatten(-1, (self.coordinates, N_BINS)), -1)

    def sample(self, logits: Tensor) -> Tensor:
        """Draws bins by the Gumbel trick."""
        grid = logits.unflatten(-1, (self.coordinates, N_BINS))
        return (grid - torch.log(torch.empty_like(grid).exponential_())).argmax(-1)

    def mean(self, logits: Tensor) -> Tensor:
        """The bins that the deployed policy takes where it does not sample."""
        return torch.from_numpy(mean_bins(logits.detach().unflatten(-1, (self.coordinates, N_BINS)).numpy()))

    def action(self, sample: Tensor) -> Tensor:
        """(…, coordinates) in [-1, 1], float64: the very numbers that the deployed policy gives."""
        return self.centres[sample]

    def log_probability(self, logits: Tensor, sample: Tensor) -> Tensor:
        """(…,)."""
        return self.log_probabilities(logits).gather(-1, sample[..., None])[..., 0].sum(-1)

    def entropy(self, logits: Tensor) -> Tensor:
        """(…,) nats, summed over the coordinates."""
        logp = self.log_probabilities(logits)
        return -(logp.exp() * logp).sum((-1, -2))

    def divergence(self, reference: Tensor, logits: Tensor) -> Tensor:
        """(…,) KL divergence [nats] of these logits' distribution from that of the logits `reference`."""
        before, now = self.log_probabilities(reference), self.log_probabilities(logits)
        return (before.exp() * (before - now)).sum((-1, -2))

    def variance(self, logits: Tensor) -> Tensor:
        """(…,) variance of the actions, summed over the coordinates."""
        probability, centres = self.log_probabilities(logits).exp(), self.centres.to(logits.dtype)
        mean = (probability * centres).sum(-1, keepdim=True)
        return (probability * (centres - mean) ** 2).sum((-1, -2))

    def bound_loss(self, logits: Tensor) -> Tensor:
        """(…,) zeros: bins have no place outside [-1, 1]."""
        return torch.zeros_like(logits[..., 0])


class Gaussian(nn.Module):
    """Normal distributions with a learned standard deviation that no state changes; actions are clipped to [-1, 1].

    Parameters are (…, coordinates) means; samples are unclipped actions (…, coordinates). All samples beyond an end are
    one action, so its probability is the whole tail's: a density inside, and a point mass at either end. That is no
    bias and less variance than the density of the unclipped sample (Fujita and Maeda 2018, clipped action policy
    gradient).
    """

    def __init__(self, coordinates: int, initial_std: float) -> None:
        super().__init__()
        self.coordinates = self.outputs = coordinates
        self.log_std = nn.Parameter(torch.full((coordinates,), math.log(initial_std)))

    def sample(self, mean: Tensor) -> Tensor:
        """Draws unclipped actions."""
        return mean + self.log_std.exp() * torch.randn_like(mean)

    def mean(self, mean: Tensor) -> Tensor:
        """The mean itself."""
        return mean

    def action(self, sample: Tensor) -> Tensor:
        """Clipped to [-1, 1]."""
        return sample.clamp(-1.0, 1.0)

    def log_probability(self, mean: Tensor, sample: Tensor) -> Tensor:
        """(…,) log of the clipped action's density inside (-1, 1), of its probability at the ends."""
        std = self.log_std.exp()
        z = (sample - mean) / std
        inside = -0.5 * z * z - self.log_std - 0.5 * math.log(2 * math.pi)
        upper = torch.special.log_ndtr((mean - 1.0) / std)
        lower = torch.special.log_ndtr((-1.0 - mean) / std)
        return torch.where(sample >= 1.0, upper, torch.where(sample <= -1.0, lower, inside)).sum(-1)

    def entropy(self, mean: Tensor) -> Tensor:
        """(…,) nats, of the unclipped samples."""
        return (self.log_std + 0.5 * math.log(2 * math.pi * math.e)).sum().expand(mean.shape[:-1])

    def divergence(self, reference: Tensor, mean: Tensor) -> Tensor:
        """(…,) KL divergence [nats] from the same Gaussian about the means `reference`, of the unclipped samples."""
        return (0.5 * ((mean - reference) / self.log_std.exp()) ** 2).sum(-1)

    def variance(self, mean: Tensor) -> Tensor:
        """(…,) variance of the unclipped samples, summed over the coordinates."""
        return (2.0 * self.log_std).exp().sum().expand(mean.shape[:-1])

    def bound_loss(self, mean: Tensor) -> Tensor:
        """(…,) squared excess of the means over `MEAN_BOUND`, summed over the coordinates."""
        return ((mean.abs() - MEAN_BOUND).clamp_min(0.0) ** 2).sum(-1)


def distribution(head: str, coordinates: int, initial_std: float) -> Bins | Gaussian:
    """The distribution of a network's head, "bins" or "gaussian"."""
    return Bins(coordinates) if head == "bins" else Gaussian(coordinates, initial_std)
