"""The first pass over a bag: stamps of images, poses, trials, cameras; everything but the pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.signals import TrialState
from inhand_description.cameras import CAMERA_NAMES, nominal_info, nominal_pose
from inhand_description.scene import CAMERAS
from inhand_eval.bags import NANOSECONDS, BagError, BagReader, stamp_of
from inhand_eval.datasets.sync import PoseTrack
from inhand_vision.rig import base_pose, chain, transform

IMAGE_TOPICS = tuple(f"/{name}/image_raw" for name in CAMERA_NAMES)
INFO_TOPICS = tuple(f"/{name}/camera_info" for name in CAMERA_NAMES)
SOURCES = ("mocap", "truth")
"""Sources of object poses that can be labels; an estimate from images cannot teach itself."""


@dataclass(frozen=True)
class BagCamera:
    """A camera as a bag tells it.

    Attributes:
        matrix: (3, 3) of the whole image [px]; resolution: (width, height) of that [px].
        distortion: coefficients in OpenCV's order, () for none.
        pose: (4, 4), hand_base from optical frame.
        source: "bag", or "description" where the bag lacks camera_info or the frame.
    """

    matrix: np.ndarray
    resolution: tuple[int, int]
    distortion: tuple[float, ...]
    pose: np.ndarray
    source: str


@dataclass(frozen=True)
class BagIndex:
    """What a bag holds.

    Attributes:
        image_ns: stamps [ns] of each camera's images in the order of the bag.
        track: object poses; rejected: how many were not usable, by reason.
        trial_ns, trial_id: see `sync.trial_at`.
        cameras: in the order of CAMERA_NAMES.
    """

    image_ns: tuple[np.ndarray, ...]
    track: PoseTrack
    rejected: dict[str, int]
    trial_ns: np.ndarray
    trial_id: np.ndarray
    cameras: tuple[BagCamera, ...]


@dataclass
class _Scan:
    images: dict[str, list[int]] = field(default_factory=lambda: {topic: [] for topic in IMAGE_TOPICS})
    poses: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    trials: list[tuple[int, int]] = field(default_factory=list)
    infos: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, tuple[str, np.ndarray]] = field(default_factory=dict)


def index_bag(bag: BagReader, label_topic: str) -> BagIndex:
    """Reads all but pixels.

    Args:
        bag: an open bag.
        label_topic: of inhand_interfaces/ObjectPose.

    Raises:
        BagError: the bag has no images, or no usable pose.
    """
    missing = [topic for topic in (*IMAGE_TOPICS, label_topic) if topic not in bag.topics]
    if missing:
        raise BagError(f"{bag.path}: no messages of {missing}; topics: {sorted(bag.topics)}")
    scan = _Scan()
    for entry in bag.entries({*IMAGE_TOPICS, *INFO_TOPICS, label_topic, "/trial", "/tf_static"}):
        topic = entry.connection.topic
        if topic in scan.images:
            scan.images[topic].append(stamp_of(entry.data))
        elif topic in INFO_TOPICS:
            if topic not in scan.infos:
                scan.infos[topic] = bag.message(entry)
        else:
            _take(scan, topic, label_topic, bag.message(entry))
    if not scan.poses:
        raise BagError(f"{bag.path}: {label_topic}: no pose to learn from; rejected: {scan.rejected}")
    trial_ns, trial_id = (np.array(column, np.int64) for column in zip(*(scan.trials or [(0, 0)]), strict=True))
    if not scan.trials:
        trial_ns, trial_id = trial_ns[:0], trial_id[:0]
    images = tuple(np.array(scan.images[topic], np.int64) for topic in IMAGE_TOPICS)
    return BagIndex(images, _track(scan, trial_ns, trial_id), scan.rejected, trial_ns, trial_id, _cameras(scan))


def _take(scan: _Scan, topic: str, label_topic: str, message: Any) -> None:
    if topic == "/tf_static":
        for frame in message.transforms:
            scan.frames[frame.child_frame_id] = (frame.header.frame_id, _matrix(frame.transform))
    elif topic == "/trial":
        running = message.state == TrialState.RUNNING
        scan.trials.append((_stamp(message.header), int(message.trial_id) if running else -1))
    elif topic == label_topic:
        reason = "" if message.valid else "not valid"
        if message.source not in SOURCES:
            reason = f"source {message.source!r} is not one of {list(SOURCES)}"
        if reason:
            scan.rejected[reason] = scan.rejected.get(reason, 0) + 1
        p, q = message.pose.pose.position, message.pose.pose.orientation
        scan.poses.append((_stamp(message.header), (p.x, p.y, p.z), (q.x, q.y, q.z, q.w), not reason))


def _track(scan: _Scan, trial_ns: np.ndarray, trial_id: np.ndarray) -> PoseTrack:
    stamps, positions, orientations, usable = (np.array(column) for column in zip(*scan.poses, strict=True))
    order = np.argsort(stamps, kind="stable")
    stamps = stamps[order].astype(np.int64)
    segment = np.searchsorted(trial_ns, stamps, side="right") if len(trial_ns) else np.zeros(len(stamps), int)
    changes = np.concatenate([[0], np.cumsum(np.diff(trial_id) != 0)]) if len(trial_id) else np.zeros(1, int)
    if len(trial_ns):
        segment = np.concatenate([[-1], changes])[segment]
    return PoseTrack(stamps, positions[order], orientations[order], usable[order].astype(bool), segment)


def _cameras(scan: _Scan) -> tuple[BagCamera, ...]:
    base = chain(scan.frames, "hand_base")
    found = []
    for row, name, topic in zip(CAMERAS, CAMERA_NAMES, INFO_TOPICS, strict=True):
        info, world = scan.infos.get(topic), chain(scan.frames, f"{name}_optical_frame")
        known = info is not None and info.k[0] != 0.0 and world is not None and base is not None
        if known:
            matrix, resolution = np.array(info.k).reshape(3, 3), (info.width, info.height)
            lens = tuple(float(value) for value in info.d)
            found.append(BagCamera(matrix, resolution, lens, np.linalg.inv(base) @ world, "bag"))
        else:
            pose = np.linalg.inv(base_pose()) @ nominal_pose(row).matrix
            found.append(BagCamera(nominal_info(row).matrix, row.resolution, (), pose, "description"))
    return tuple(found)


def _matrix(message: Any) -> np.ndarray:
    p, q = message.translation, message.rotation
    return transform(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))


def _stamp(header: Any) -> int:
    return header.stamp.sec * NANOSECONDS + header.stamp.nanosec
