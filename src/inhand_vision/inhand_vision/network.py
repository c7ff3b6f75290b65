"""The paper's vision network (Figure 6, Table 12): one tower for all cameras, a dense layer, position and rotation.

As printed, the strides make the last map 64 -> 22 -> 8 -> 3 -> 1 pixels; the spatial softmax of a single pixel is the
constant 0, whatever the image. `strides` therefore leaves the last two groups at stride 1, so that the softmax sees
8 x 8 pixels. The number of parameters does not depend on strides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUPS = ((1, 16), (2, 32), (2, 64), (2, 64))
"""Residual groups: number of blocks, filters (paper, Table 12)."""
STRIDES = (3, 3, 1, 1)
PARAMETERS = 385_527
"""Of the whole network with three cameras; each group's first block has a 1 x 1 projection in its shortcut."""


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, ReLU; the first convolution has the stride."""

    def __init__(self, inputs: int, filters: int, stride: int, project: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, filters, 3, stride, padding=1)
        self.second = nn.Conv2d(filters, filters, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, filters, 1, stride) if project else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, filters, H', W')."""
        return functional.relu(self.second(functional.relu(self.first(x))) + self.shortcut(x))


def spatial_softmax(features: Tensor) -> Tensor:
    """Expected place of each channel under its softmax over space: (N, K, H, W) to (N, K, 2), x and y in [-1, 1]."""
    height, width = features.shape[-2:]
    share = features.flatten(2).softmax(-1).unflatten(2, (height, width))
    x, y = _axis(width, features), _axis(height, features)
    return torch.stack([(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], dim=-1)


def _axis(length: int, like: Tensor) -> Tensor:
    """Places of `length` pixels in [-1, 1]; a single one is in the middle."""
    return torch.tensor([2.0 * i / (length - 1) - 1.0 if length > 1 else 0.0 for i in range(length)]).to(like)


class RegressionNetwork(nn.Module):
    """Three images to the object's pose in hand_base, by the paper's architecture.

    Args:
        cameras: number of images C.
        strides: of the residual groups.

    Buffers `position_mean`, `position_std` (3,) [m] undo the normalisation of the position.
    """

    position_mean: Tensor
    position_std: Tensor

    def __init__(self, cameras: int = 3, strides: Sequence[int] = STRIDES) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 32, 5), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(3, 3)]
        inputs = 32
        for (blocks, filters), stride in zip(GROUPS, strides, strict=True):
            for block in range(blocks):
                layers.append(ResidualBlock(inputs, filters, stride if block == 0 else 1, block == 0))
                inputs = filters
        self.tower = nn.Sequential(*layers)
        self.dense = nn.Linear(2 * inputs * cameras, 128)
        self.head = nn.Linear(128, 7)
        self.register_buffer("position_mean", torch.zeros(3))
        self.register_buffer("position_std", torch.ones(3))

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, C, 3, 200, 200) to (B, 7): normalised position, quaternion (x, y, z, w) of any length."""
        points = spatial_softmax(self.tower(images.flatten(0, 1)))
        return self.head(functional.relu(self.dense(points.reshape(images.shape[0], -1))))

    def pose(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Position (B, 3) [m, hand_base] and unit quaternion (B, 4) of what `forward` gave."""
        return output[:, :3] * self.position_std + self.position_mean, functional.normalize(output[:, 3:], dim=-1)

    def loss(self, output: Tensor, position: Tensor, orientation: Tensor) -> Tensor:
        """Mean squared error of the normalised targets; of q and -q, which are one rotation, the nearer counts."""
        place = ((output[:, :3] - (position - self.position_mean) / self.position_std) ** 2).sum(-1)
        turns = [((output[:, 3:] - sign * orientation) ** 2).sum(-1) for sign in (1.0, -1.0)]
        return ((place + torch.minimum(*turns)) / 7.0).mean()
