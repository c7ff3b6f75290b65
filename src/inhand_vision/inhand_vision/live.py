"""The newest images of each camera, put together and estimated: what the node does, without ROS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import ObjectPose
from inhand_policy.tracker import TrackedBody
from inhand_vision.estimator import PoseEstimator, TrustConfig
from inhand_vision.images import crop_and_resize, input_matrix
from inhand_vision.rectify import Rectifier, make_rectifier

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class PoseEstimatorConfig:
    """Values and sources in config/pose_estimator.yaml.

    Attributes:
        weights: weights file.
        max_skew_s: images of one estimate lie within this of each other [s].
        max_wait_s: so long the other images of an instant are waited for, after its first has come [s].
        max_age_s: an image older than this is stale [s].
        min_cameras, max_position_std_m, max_rotation_std_rad, max_residual: see `TrustConfig`.
        threads: of the network; 0: what torch chooses.
    """

    weights: str
    max_skew_s: float
    max_wait_s: float
    max_age_s: float
    min_cameras: int
    max_position_std_m: float
    max_rotation_std_rad: float
    max_residual: float
    threads: int

    def __post_init__(self) -> None:
        for name in ("max_skew_s", "max_wait_s", "max_age_s"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} must be > 0 s, is {getattr(self, name)}")
        if self.threads < 0:
            raise ConfigError(f"threads must be >= 0, is {self.threads}")
        self.trust()

    def trust(self) -> TrustConfig:
        """When an estimate counts as valid."""
        return TrustConfig(self.min_cameras, self.max_position_std_m, self.max_rotation_std_rad, self.max_residual)


@dataclass(frozen=True)
class LivePose:
    """What is published: signal (B = 1), covariance (6, 6), stamp [ns], and why it is not valid, else ""."""

    signal: ObjectPose
    covariance: np.ndarray
    stamp_ns: int
    reason: str


class LivePoses:
    """Takes images as they come, and estimates when those of one instant are there.

    Args:
        estimator: what turns images into poses.
        config: skew and age.
    """

    def __init__(self, estimator: PoseEstimator, config: PoseEstimatorConfig) -> None:
        self._estimator, self._config = estimator, config
        count = len(estimator.metadata.cameras)
        size = estimator.metadata.images.size
        self._images = np.zeros((count, size, size, 3), np.uint8)
        self._stamps = np.full(count, -1, np.int64)
        self._matrix = np.tile(np.eye(3), (count, 1, 1))
        self._pose = np.tile(np.eye(4), (count, 1, 1))
        self._placed = np.zeros(count, bool)
        self._rectify: list[Rectifier | None] = [None] * count
        self._calibration: list[object] = [None] * count
        self._done_ns, self._last_ns, self._first_ns = -1, -1, -1
        self._body = TrackedBody.unseen(1)
        self._covariance = np.eye(6)

    def calibrate(self, camera: int, matrix: np.ndarray, distortion: list[float], resolution: tuple[int, int]) -> None:
        """Takes a camera's intrinsics: matrix (3, 3) [px], coefficients, (width, height) [px]; matrix 0: not known."""
        key = (matrix.tobytes(), tuple(distortion), resolution)
        if key == self._calibration[camera]:
            return
        self._calibration[camera] = key
        if matrix[0, 0] == 0.0:
            self._rectify[camera] = None
            return
        self._matrix[camera] = input_matrix(matrix, resolution, self._estimator.metadata.images)
        self._rectify[camera] = make_rectifier(matrix, distortion, resolution)

    def place(self, camera: int, pose: np.ndarray) -> None:
        """Takes a camera's pose (4, 4), hand_base from optical frame."""
        self._pose[camera], self._placed[camera] = pose, True

    def put(self, camera: int, image: np.ndarray, stamp_ns: int, now_ns: int) -> None:
        """Takes an image (H, W, 3) uint8 RGB that came at `now_ns`; one of a camera without calibration is left out."""
        if stamp_ns < self._stamps.max() - NANOSECONDS:  # a time base that started anew
            self._stamps[:], self._done_ns, self._last_ns = -1, -1, -1
        rectify = self._rectify[camera]
        if rectify is not None and stamp_ns > self._stamps[camera]:
            if stamp_ns > self._newest() + self._config.max_skew_s * NANOSECONDS:
                self._first_ns = now_ns
            self._images[camera] = crop_and_resize(rectify(image), self._estimator.metadata.images)
            self._stamps[camera] = stamp_ns

    def complete(self) -> bool:
        """Whether every camera has an image of an instant that was not estimated yet."""
        return bool(self._present().all()) and self._newest() > self._done_ns

    def due(self, now_ns: int) -> bool:
        """Whether the others' images of the newest instant have been waited for long enough, or all are stale."""
        newest = self._newest()
        if newest > self._done_ns:
            return now_ns - self._first_ns > self._config.max_wait_s * NANOSECONDS
        return now_ns - max(newest, self._last_ns) > self._config.max_age_s * NANOSECONDS

    def estimate(self, now_ns: int) -> LivePose:
        """The pose from the newest images, with their stamp; the last one, not valid, where there is none."""
        newest = self._newest()
        if newest <= self._done_ns or newest < 0 or now_ns - newest > self._config.max_age_s * NANOSECONDS:
            self._done_ns = max(self._done_ns, newest)
            return self._hold(now_ns, self._complaint(newest, now_ns))
        self._done_ns = newest
        present = self._present()
        found = self._estimator.estimate(self._images[None], self._matrix[None], self._pose[None], present[None])
        if not found.valid[0]:
            return self._hold(newest, found.reason[0])
        self._advance(newest, found.position, found.orientation, found.valid)
        self._covariance = found.covariance[0]
        return LivePose(self._signal(), self._covariance, newest, "")

    def _newest(self) -> int:
        return int(self._stamps.max())

    def _present(self) -> np.ndarray:
        known = self._placed & np.array([rectify is not None for rectify in self._rectify])
        recent = self._newest() - self._stamps <= self._config.max_skew_s * NANOSECONDS
        return known & recent & (self._stamps >= 0)

    def _complaint(self, newest: int, now_ns: int) -> str:
        names = self._estimator.metadata.cameras
        if uncalibrated := [name for name, rectify in zip(names, self._rectify, strict=True) if rectify is None]:
            return f"no camera_info with a calibration from {uncalibrated}"
        if not self._placed.all():
            return f"no frame of {[name for name, placed in zip(names, self._placed, strict=True) if not placed]}"
        return "no image yet" if newest < 0 else f"stale: no image for {(now_ns - newest) / NANOSECONDS:.2f} s"

    def _hold(self, stamp_ns: int, reason: str) -> LivePose:
        self._advance(stamp_ns, self._body.position, self._body.orientation, np.zeros(1, bool))
        return LivePose(self._signal(), self._covariance, stamp_ns, reason)

    def _advance(self, stamp_ns: int, position: np.ndarray, orientation: np.ndarray, valid: np.ndarray) -> None:
        elapsed = max(stamp_ns - self._last_ns, 0) / NANOSECONDS if self._last_ns >= 0 else 0.0
        self._body.update(position, orientation, valid, elapsed)
        self._last_ns = stamp_ns

    def _signal(self) -> ObjectPose:
        body = self._body
        return ObjectPose(body.position, body.orientation, body.valid, body.age)
