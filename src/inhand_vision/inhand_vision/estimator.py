"""Images of one instant to the object's pose, with a covariance and a verdict whether it can be trusted."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_description.objects import OBJECTS
from inhand_vision.geometry import fit_pose
from inhand_vision.images import prepare
from inhand_vision.keypoints import moments
from inhand_vision.network import RegressionNetwork
from inhand_vision.weights import VisionMetadata, load_vision

MEASURED_STD = (0.005, 0.1)
"""Standard deviations that a regression's pose is given [m, rad]: the paper's correlated noise (Table 7)."""
PIXEL_STD = 1.0
"""What a heat map does not know of [px of the input]: calibration, and an object 5 % larger or smaller (1.8 px)."""


@dataclass(frozen=True)
class TrustConfig:
    """When an estimate counts as valid.

    Attributes:
        min_cameras: images that must be there; regression needs all.
        max_position_std_m, max_rotation_std_rad: largest standard deviation along any axis, where the estimator tells.
        max_residual: largest reprojection error in its own standard deviations.
    """

    min_cameras: int = 2
    max_position_std_m: float = 0.010
    max_rotation_std_rad: float = 0.25
    max_residual: float = 2.5

    def __post_init__(self) -> None:
        if not 2 <= self.min_cameras <= 3:
            raise ConfigError(f"min_cameras must be 2 or 3, is {self.min_cameras}")
        for name in ("max_position_std_m", "max_rotation_std_rad", "max_residual"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} must be > 0, is {getattr(self, name)}")


@dataclass(frozen=True)
class Estimate:
    """Poses of B rows.

    Attributes:
        position: (B, 3) [m, hand_base]; orientation: (B, 4).
        covariance: (B, 6, 6) of position [m] and rotation vector [rad], along hand_base axes.
        valid: (B,) bool; reason: why not, empty where valid.
    """

    position: np.ndarray
    orientation: np.ndarray
    covariance: np.ndarray
    valid: np.ndarray
    reason: tuple[str, ...]


class PoseEstimator(Protocol):
    """What regression and keypoints have in common."""

    metadata: VisionMetadata
    network: nn.Module
    """Compiled, from prepared images to what `estimate` makes a pose of."""

    def estimate(self, images: np.ndarray, matrix: np.ndarray, pose: np.ndarray, present: np.ndarray) -> Estimate:
        """Poses from images.

        Args:
            images: (B, C, H, W, 3) uint8 RGB, of a camera's size or of the input's.
            matrix: (B, C, 3, 3) camera matrices of the input's pixels.
            pose: (B, C, 4, 4), hand_base from optical frame.
            present: (B, C) bool, which images are there; the others' contents do not matter.
        """
        ...


def prepare_batch(images: np.ndarray, metadata: VisionMetadata) -> Tensor:
    """Images (B, C, H, W, 3) uint8 as the network's input (B, C, 3, S, S) float32."""
    return torch.from_numpy(np.stack([[prepare(image, metadata.images) for image in row] for row in images]))


class RegressionEstimator:
    """The paper's network; needs all cameras, where it was trained to see them."""

    def __init__(self, metadata: VisionMetadata, network: RegressionNetwork, trust: TrustConfig) -> None:
        self.metadata = metadata
        self._network = network
        self.network = compiled(network, torch.zeros(1, len(metadata.cameras), 3, *2 * [metadata.images.size]))

    def estimate(self, images: np.ndarray, matrix: np.ndarray, pose: np.ndarray, present: np.ndarray) -> Estimate:
        """See `PoseEstimator`; the covariance is a constant."""
        with torch.inference_mode():
            position, orientation = self._network.pose(self.network(prepare_batch(images, self.metadata)))
        count = len(images)
        covariance = np.diag(np.repeat(np.square(MEASURED_STD), 3))
        reasons = tuple(_absent(row, self.metadata, len(row)) for row in present)
        return Estimate(
            position.double().numpy(),
            rotations.canonical(rotations.normalize(orientation.double().numpy())),
            np.tile(covariance, (count, 1, 1)),
            np.array([not reason for reason in reasons]),
            reasons,
        )


class KeypointEstimator:
    """Corners in each image, then geometry with the calibrated cameras."""

    def __init__(self, metadata: VisionMetadata, network: nn.Module, trust: TrustConfig) -> None:
        self.metadata = metadata
        self.trust = trust
        self.vertices = OBJECTS[metadata.object].vertices
        self.source = _WithMoments(network).eval()
        """Not compiled."""
        self.network = compiled(self.source, torch.zeros(len(metadata.cameras), 3, *2 * [metadata.images.size]))

    def keypoints(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corners (B, C, K, 2) [px of the input] and their covariances (B, C, K, 2, 2) [px²]."""
        batch = prepare_batch(images, self.metadata)
        with torch.inference_mode():
            mean, covariance = self.network(batch.flatten(0, 1))
        shape = batch.shape[:2]
        return mean.unflatten(0, shape).double().numpy(), covariance.unflatten(0, shape).double().numpy()

    def estimate(self, images: np.ndarray, matrix: np.ndarray, pose: np.ndarray, present: np.ndarray) -> Estimate:
        """See `PoseEstimator`."""
        pixels, spread = self.keypoints(images)
        spread = spread + PIXEL_STD**2 * np.eye(2)
        fit = fit_pose(self.vertices, pixels, spread, np.asarray(matrix, float), np.asarray(pose, float), present)
        std = np.sqrt(np.maximum(np.diagonal(fit.covariance, axis1=1, axis2=2), 0.0))
        reasons = tuple(
            _absent(row, self.metadata, self.trust.min_cameras) or self._doubt(std[b], fit.residual[b])
            for b, row in enumerate(present)
        )
        valid = np.array([not reason for reason in reasons])
        return Estimate(fit.position, fit.orientation, fit.covariance, valid, reasons)

    def _doubt(self, std: np.ndarray, residual: float) -> str:
        """Why a fit with standard deviations (6,) cannot be trusted; empty where it can."""
        trust = self.trust
        if not np.isfinite(std).all() or not np.isfinite(residual):
            return "no pose fits"
        if std[:3].max() > trust.max_position_std_m or std[3:].max() > trust.max_rotation_std_rad:
            return f"object not in view: uncertain by {1e3 * std[:3].max():.0f} mm, {std[3:].max():.2f} rad"
        if residual > trust.max_residual:
            return f"the views contradict each other: error of {residual:.1f} standard deviations"
        return ""


class _WithMoments(nn.Module):
    """Convolutions in half precision where the processor has it, as in training; moments in single."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.in_half = computes_in_half()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.in_half, cache_enabled=False):
            logits = self.network(images.contiguous(memory_format=torch.channels_last))
        return moments(logits.float())


def computes_in_half() -> bool:
    """Whether the processor multiplies bfloat16; without that it would be slower than single precision."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def compiled(network: nn.Module, example: Tensor) -> nn.Module:
    """The network for inference, batch normalisation folded into convolutions; for batches of any size."""
    network.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the tracer takes for constant is constant: the size of the images
        traced = cast(torch.jit.ScriptModule, torch.jit.trace(network, example, check_trace=False))
        return torch.jit.optimize_for_inference(traced)


def _absent(present: np.ndarray, metadata: VisionMetadata, needed: int) -> str:
    """Which cameras are missing, where fewer than `needed` are there."""
    if present.sum() >= needed:
        return ""
    return f"missing: {[name for name, there in zip(metadata.cameras, present, strict=True) if not there]}"


def load_estimator(path: str | Path, trust: TrustConfig | None = None) -> PoseEstimator:
    """The estimator of a weights file.

    Raises:
        VisionWeightsError: the file cannot be used.
    """
    return estimator_of(*load_vision(path), trust)


def estimator_of(metadata: VisionMetadata, network: nn.Module, trust: TrustConfig | None = None) -> PoseEstimator:
    """The estimator around a network, which is copied."""
    kind = RegressionEstimator if metadata.kind == "regression" else KeypointEstimator
    own: Any = copy.deepcopy(network).cpu().eval()  # of the class that `kind` takes: both follow metadata.kind
    return kind(metadata, own, trust or TrustConfig())
