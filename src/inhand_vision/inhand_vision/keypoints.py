"""Finds the object's corners: a heat map for each corner in each image, after an hourglass of convolutions.

Trained by cross-entropy, a map is a distribution of where the corner is, hidden corners included: its mean is the
estimate, its covariance says how far to trust it. Faces have different colours, so each corner has an identity. The
network sees one image at a time and knows nothing of the cameras, which may be moved and calibrated again.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 4
"""Pixels of the input in a cell of the maps; cell i is centred at pixel STRIDE * i + (STRIDE - 1) / 2."""
TARGET_STD = 1.0
"""Standard deviation of the training target [cells]; it is subtracted again from what a map's spread says."""


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class KeypointNetwork(nn.Module):
    """Images to heat maps of the object's corners.

    Args:
        corners: number of corners K.
        width: channels at the finest level; 32 makes 0.26 G multiply-adds an image.
    """

    def __init__(self, corners: int = 8, width: int = 32) -> None:
        super().__init__()
        levels = (width, 2 * width, 3 * width, 4 * width)
        self.stem = nn.Sequential(ConvBlock(3, 3 * width // 4, 5, 2), ConvBlock(3 * width // 4, width, 3, 2))
        self.encoders = nn.ModuleList([nn.Sequential(ConvBlock(width, width), ConvBlock(width, width))])
        for inputs, outputs in pairwise(levels):
            blocks = (ConvBlock(outputs, outputs) for _ in range(2))
            self.encoders.append(nn.Sequential(ConvBlock(inputs, outputs, 3, 2), *blocks))
        self.lifts = nn.ModuleList([nn.Conv2d(fine, coarse, 1) for coarse, fine in pairwise(levels)])
        self.decoders = nn.ModuleList([ConvBlock(channels, channels) for channels in levels[:-1]])
        self.head = nn.Conv2d(width, corners, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, S, S) to logits (N, K, S / 4, S / 4)."""
        x, skips = self.stem(images), []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
        for level in reversed(range(len(self.decoders))):
            x = functional.interpolate(self.lifts[level](x), size=skips[level].shape[-2:], mode="nearest")
            x = self.decoders[level](x + skips[level])
        return self.head(x)


def moments(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of heat maps.

    Args:
        logits: (N, K, H, W).

    Returns:
        mean (N, K, 2), x and y in pixels of the input; covariance (N, K, 2, 2) [px²], without the target's own spread,
        not below a twentieth of a cell.
    """
    height, width = logits.shape[-2:]
    share = logits.flatten(2).softmax(-1).unflatten(2, (height, width))
    x = torch.arange(width, device=logits.device, dtype=logits.dtype)
    y = torch.arange(height, device=logits.device, dtype=logits.dtype)
    along_x, along_y = share.sum(2), share.sum(3)
    mx, my = (along_x * x).sum(-1), (along_y * y).sum(-1)
    least, own = 0.05**2, TARGET_STD**2
    xx = ((along_x * x * x).sum(-1) - mx * mx - own).clamp(min=least)
    yy = ((along_y * y * y).sum(-1) - my * my - own).clamp(min=least)
    xy = ((share * y[:, None]).sum(2) * x).sum(-1) - mx * my
    bound = 0.95 * (xx * yy).sqrt()
    xy = torch.minimum(torch.maximum(xy, -bound), bound)
    mean = STRIDE * torch.stack([mx, my], dim=-1) + (STRIDE - 1) / 2
    covariance = torch.stack([torch.stack([xx, xy], -1), torch.stack([xy, yy], -1)], -2)
    return mean, STRIDE**2 * covariance


def targets(pixels: Tensor, size: int) -> Tensor:
    """Heat maps (N, K, H, W), summing to 1, of corners at `pixels` (N, K, 2) of the input of side `size`.

    A corner outside the image gets the even map: nothing in the image tells where it is.
    """
    cells = torch.arange(size // STRIDE, device=pixels.device, dtype=pixels.dtype)
    place = (pixels - (STRIDE - 1) / 2) / STRIDE
    along = torch.exp(-0.5 * ((place[..., None] - cells) / TARGET_STD) ** 2)
    maps = along[..., 1, :, None] * along[..., 0, None, :]
    inside = ((pixels >= 0) & (pixels <= size - 1)).all(-1)[..., None, None]
    maps = torch.where(inside, maps, torch.ones_like(maps))
    return maps / maps.sum((-1, -2), keepdim=True)


def loss(logits: Tensor, pixels: Tensor, size: int) -> Tensor:
    """Cross-entropy [nats] of the maps against `targets`, mean over images and corners."""
    log_share = logits.flatten(2).log_softmax(-1)
    return -(targets(pixels, size).flatten(2) * log_share).sum(-1).mean()
