"""Normalisation by running mean and standard deviation (paper, Table 10 and section 4.3)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CLIP = 5.0
_EPSILON = 1e-6


class RunningNormalizer(nn.Module):
    """Subtracts the running mean, divides by the running standard deviation and clips.

    The statistics are float64 buffers `mean` (n,), `variance` (n,) and `count` (n,), updated by batches with the
    parallel form of Welford's algorithm (Chan, Golub and LeVeque, 1979); they are no parameters and get no gradient.
    Each column counts its own samples, so that one that joins later takes the statistics of its first batch whole.
    Files hold one count for all columns.

    Args:
        size: length n of a sample.
        clip: normalised values are clipped to [-clip, clip].
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, size: int, clip: float = CLIP) -> None:
        super().__init__()
        self.clip = clip
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(size, dtype=torch.float64))
        self.register_buffer("count", torch.zeros(size, dtype=torch.float64))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Spreads the one count of a file over the columns."""
        if (count := state_dict.get(f"{prefix}count")) is not None and count.ndim == 0:
            state_dict[f"{prefix}count"] = count.expand_as(self.count).clone()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    @property
    def unseen(self) -> bool:
        """Whether a column has had no sample yet."""
        return bool(torch.any(self.count == 0.0))

    @torch.no_grad()
    def update(self, samples: Tensor, max_count: float = float("inf")) -> None:
        """Takes samples (…, n) into the statistics; `max_count` bounds the weight of the past."""
        samples = samples.reshape(-1, samples.shape[-1]).to(torch.float64)
        self.merge(samples.mean(0), samples.var(0, unbiased=False), float(len(samples)), max_count)

    @torch.no_grad()
    def merge(self, mean: Tensor, variance: Tensor, count: float, max_count: float = float("inf")) -> None:
        """Takes statistics of other samples: mean (n,), variance (n,), count."""
        total = self.count + count
        share, delta = count / total, mean - self.mean
        spread = self.variance * (1.0 - share) + variance * share + delta * delta * share * (1.0 - share)
        self.variance.copy_(spread)
        self.mean.add_(delta * share)
        self.count.copy_(torch.clamp(total, max=max_count))

    @property
    def scale(self) -> Tensor:
        """Standard deviation (n,), float64, kept away from zero."""
        return torch.sqrt(self.variance + _EPSILON)

    def forward(self, samples: Tensor) -> Tensor:
        """Normalised and clipped samples (…, n), float32."""
        centred = (samples.to(torch.float64) - self.mean) / self.scale
        return torch.clamp(centred, -self.clip, self.clip).to(torch.float32)

    def denormalize(self, values: Tensor) -> Tensor:
        """Inverse of `forward` (without the clipping): values (…, n) in original units, float32."""
        return (values.to(torch.float64) * self.scale + self.mean).to(torch.float32)
