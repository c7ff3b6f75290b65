"""The newest images of each camera, put together and estimated: what the node does, without ROS."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch

from inhand_core.config import check_config
from inhand_core.paths import resource_root
from inhand_core.ranges import NOT_NEGATIVE, POSITIVE
from inhand_core.signals import ObjectPose
from inhand_core.times import NANOSECONDS
from inhand_core.tracked_body import TrackedBody
from inhand_data.intrinsics import CameraError, intrinsics_of
from inhand_data.pixels import ImageError, rgb_image
from inhand_vision.estimator import PoseEstimator, TrustConfig, load_estimator
from inhand_vision.view import InputView


@dataclass(frozen=True)
class PoseEstimatorConfig:
    """Values and texts in config/pose_estimator.yaml."""

    weights: str
    max_skew_s: Annotated[float, POSITIVE]
    max_wait_s: Annotated[float, POSITIVE]
    max_age_s: Annotated[float, POSITIVE]
    min_cameras: int
    max_position_std_m: float
    max_rotation_std_rad: float
    max_residual: float
    threads: Annotated[int, NOT_NEGATIVE]

    def __post_init__(self) -> None:
        check_config(self)
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


def load_live(config: PoseEstimatorConfig) -> LivePoses:
    """`LivePoses` with the estimator whose weights the configuration names: a path, or one below the project's root.

    Raises:
        ConfigError: the file is none of an estimator's.
    """
    given = Path(config.weights)
    weights = given if given.is_file() else resource_root() / given
    torch.set_num_threads(config.threads or torch.get_num_threads())
    return LivePoses(load_estimator(weights, config.trust()), config)


class LivePoses:
    """Takes images as they come, and estimates when those of one instant are there.

    Messages are whatever the network brings: what cannot be used is left out, counted and named, and never raised.

    Args:
        estimator: what turns images into poses.
        config: skew and age.

    Attributes:
        metadata: of the estimator's weights.
        refused: messages left out so far, by camera and kind ("image", "camera_info", "frame").
    """

    def __init__(self, estimator: PoseEstimator, config: PoseEstimatorConfig) -> None:
        self._estimator, self._config, self.metadata = estimator, config, estimator.metadata
        count = len(estimator.metadata.cameras)
        size = estimator.metadata.images.size
        self._images = np.zeros((count, size, size, 3), np.uint8)
        self._stamps = np.full(count, -1, np.int64)
        self._pose = np.tile(np.eye(4), (count, 1, 1))
        self._placed = np.zeros(count, bool)
        self._views: list[InputView | None] = [None] * count
        self._calibration: list[object] = [None] * count
        self._wrong: list[dict[str, str]] = [{} for _ in range(count)]
        self.refused: Counter[tuple[str, str]] = Counter()
        self._done_ns, self._last_ns, self._first_ns = -1, -1, -1
        self._body = TrackedBody.unseen(1)
        self._covariance = np.eye(6)

    def calibrate(self, camera: int, info: Any) -> None:
        """Takes a camera's sensor_msgs/CameraInfo; until one can be used, its images are left out."""
        roi = info.roi
        region = roi.x_offset, roi.y_offset, roi.width, roi.height, info.binning_x, info.binning_y
        key = str((*info.k, *info.d, info.width, info.height, info.distortion_model, *region))  # NaN equals itself
        if key == self._calibration[camera]:
            return
        self._calibration[camera] = key
        self._views[camera] = None
        self._wrong[camera].clear()
        try:
            found = intrinsics_of(info)
            self._views[camera] = None if found is None else InputView(found, self._estimator.metadata.images)
        except CameraError as error:
            self.refuse(camera, "camera_info", error)

    def place(self, camera: int, pose: np.ndarray) -> None:
        """Takes a camera's pose (4, 4), hand_base from optical frame."""
        self._wrong[camera].pop("frame", None)
        self._pose[camera], self._placed[camera] = pose, True

    def take(self, camera: int, message: Any, stamp_ns: int, now_ns: int) -> None:
        """Takes a sensor_msgs/Image that came at `now_ns`."""
        if self._views[camera] is None:
            return
        try:
            self.put(camera, rgb_image(message), stamp_ns, now_ns)
        except (ImageError, CameraError) as error:
            self.refuse(camera, "image", error)

    def put(self, camera: int, image: np.ndarray, stamp_ns: int, now_ns: int) -> None:
        """Takes an image (H, W, 3) uint8 RGB that came at `now_ns`; one of a camera without calibration is left out.

        Raises:
            CameraError: an image of another size than the calibration's.
        """
        if stamp_ns < self._stamps.max() - NANOSECONDS:  # a time base that restarted
            self._stamps[:], self._done_ns, self._last_ns = -1, -1, -1
        view = self._views[camera]
        if view is None or stamp_ns <= self._stamps[camera]:
            return
        seen = view(image)
        if stamp_ns > self._newest() + self._config.max_skew_s * NANOSECONDS:
            self._first_ns = now_ns
        self._images[camera], self._stamps[camera] = seen, stamp_ns
        self._wrong[camera].pop("image", None)

    def refuse(self, camera: int, kind: str, error: Exception) -> None:
        """Counts a message of a camera that cannot be used, and keeps the reason until one can."""
        self.refused[self._estimator.metadata.cameras[camera], kind] += 1
        self._wrong[camera][kind] = str(error)

    def problems(self) -> list[str]:
        """What is wrong with the newest messages of each camera, in words."""
        names = self._estimator.metadata.cameras
        return [f"{name}: {kind}: {text}" for name, wrong in zip(names, self._wrong) for kind, text in wrong.items()]

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
        matrix = np.stack([np.eye(3) if view is None else view.matrix for view in self._views])
        try:
            found = self._estimator.estimate(self._images[None], matrix[None], self._pose[None], present[None])
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            return self._hold(newest, f"no estimate from these calibrations and frames: {error}")
        if not found.valid[0]:
            return self._hold(newest, found.reason[0])
        self._advance(newest, found.position, found.orientation, found.valid)
        self._covariance = found.covariance[0]
        return LivePose(self._signal(), self._covariance, newest, "")

    def _newest(self) -> int:
        return int(self._stamps.max())

    def _present(self) -> np.ndarray:
        known = self._placed & np.array([view is not None for view in self._views])
        recent = self._newest() - self._stamps <= self._config.max_skew_s * NANOSECONDS
        return known & recent & (self._stamps >= 0)

    def _complaint(self, newest: int, now_ns: int) -> str:
        names = self._estimator.metadata.cameras
        if problems := self.problems():
            return "; ".join(problems)
        if uncalibrated := [name for name, view in zip(names, self._views, strict=True) if view is None]:
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
