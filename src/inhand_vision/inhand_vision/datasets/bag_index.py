"""The first pass over a bag: stamps of images, poses, trials, cameras; everything but the pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.poses import PoseError, in_root, relative, sound_pose, to_matrix
from inhand_core.signals import TrialState
from inhand_data.bags import BagError, BagReader
from inhand_data.intrinsics import CameraError, Intrinsics, intrinsics_of
from inhand_data.stamps import ShortMessage, stamp_ns, stamp_of
from inhand_description.cameras import CAMERA_NAMES, nominal_info, nominal_pose
from inhand_description.scene import CAMERAS
from inhand_vision.datasets.sync import PoseTrack
from inhand_vision.rig import base_pose

IMAGE_TOPICS = tuple(f"/{name}/image_raw" for name in CAMERA_NAMES)
INFO_TOPICS = tuple(f"/{name}/camera_info" for name in CAMERA_NAMES)
SOURCES = ("mocap", "truth")
"""Sources of object poses that can be labels; an estimate from images cannot teach itself."""


@dataclass(frozen=True)
class BagCamera:
    """A camera as a bag tells it.

    Attributes:
        intrinsics: of the image as it was published: region of interest and binning included.
        pose: (4, 4), hand_base from optical frame.
        source: "bag", or "description" where the bag lacks camera_info or the frame.
    """

    intrinsics: Intrinsics
    pose: np.ndarray
    source: str


@dataclass(frozen=True)
class BagIndex:
    """What a bag holds.

    Attributes:
        image_ns: stamps [ns] of each camera's images in the order of the bag.
        track: object poses; rejected: how many, and how many frames of /tf_static, were not usable, by reason.
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
        topic = entry.topic
        try:
            if topic in scan.images:
                scan.images[topic].append(stamp_of(entry.data))
            elif topic in INFO_TOPICS:
                _take_info(scan, topic, bag.message(entry))
            else:
                _take(scan, topic, label_topic, bag.message(entry))
        except (ShortMessage, CameraError) as error:
            raise BagError(f"{bag.path}: {topic}: {error}") from error
    if not scan.poses:
        raise BagError(f"{bag.path}: {label_topic}: no pose to learn from; rejected: {scan.rejected}")
    trial_ns, trial_id = (np.array(column, np.int64) for column in zip(*(scan.trials or [(0, 0)]), strict=True))
    if not scan.trials:
        trial_ns, trial_id = trial_ns[:0], trial_id[:0]
    images = tuple(np.array(scan.images[topic], np.int64) for topic in IMAGE_TOPICS)
    try:
        cameras = _cameras(scan, _frame_prefix(scan.frames, bag.namespace))
    except CameraError as error:
        raise BagError(f"{bag.path}: {error}") from error
    return BagIndex(images, _track(scan, trial_ns, trial_id), scan.rejected, trial_ns, trial_id, cameras)


def _take_info(scan: _Scan, topic: str, message: Any) -> None:
    """Keeps a camera's calibration; one that changes on the way cannot be a dataset's."""
    first = scan.infos.setdefault(topic, message)
    same = all(np.array_equal(getattr(first, name), getattr(message, name)) for name in ("k", "d", "width", "height"))
    if (
        not same
        or first.roi != message.roi
        or (first.binning_x, first.binning_y)
        != (
            message.binning_x,
            message.binning_y,
        )
    ):
        raise CameraError("calibration, region of interest or binning change within the bag; split it there")


def _take(scan: _Scan, topic: str, label_topic: str, message: Any) -> None:
    if topic == "/tf_static":
        for frame in message.transforms:
            try:
                scan.frames[frame.child_frame_id] = (frame.header.frame_id, _matrix(frame.transform))
            except PoseError as error:
                _reject(scan, f"frame {frame.child_frame_id}: {error}")
    elif topic == "/trial":
        running = message.state == TrialState.RUNNING
        scan.trials.append((_stamp(message.header), int(message.trial_id) if running else -1))
    elif topic == label_topic:
        reason = "" if message.valid else "not valid"
        if message.source not in SOURCES:
            reason = f"source {message.source!r} is not one of {list(SOURCES)}"
        p, q = message.pose.pose.position, message.pose.pose.orientation
        position, orientation = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])
        try:
            position, orientation = sound_pose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
        except PoseError as error:
            reason = reason or str(error)
        if reason:
            _reject(scan, reason)
        scan.poses.append((_stamp(message.header), position, orientation, not reason))


def _reject(scan: _Scan, reason: str) -> None:
    scan.rejected[reason] = scan.rejected.get(reason, 0) + 1


def _track(scan: _Scan, trial_ns: np.ndarray, trial_id: np.ndarray) -> PoseTrack:
    stamps, positions, orientations, usable = (np.array(column) for column in zip(*scan.poses, strict=True))
    order = np.argsort(stamps, kind="stable")
    stamps = stamps[order].astype(np.int64)
    segment = np.searchsorted(trial_ns, stamps, side="right") if len(trial_ns) else np.zeros(len(stamps), int)
    changes = np.concatenate([[0], np.cumsum(np.diff(trial_id) != 0)]) if len(trial_id) else np.zeros(1, int)
    if len(trial_ns):
        segment = np.concatenate([[-1], changes])[segment]
    return PoseTrack(stamps, positions[order], orientations[order], usable[order].astype(bool), segment)


def _frame_prefix(frames: Iterable[str], namespace: str) -> str:
    """What the names of a hand's frames begin with: as its namespace has it, else of the only hand there is."""
    found = [name.removesuffix("hand_base") for name in frames if name.endswith("hand_base")]
    named = namespace.strip("/").replace("/", "_") + "_"
    return named if named in found else (found or [""])[0]


def _cameras(scan: _Scan, prefix: str) -> tuple[BagCamera, ...]:
    root = f"{prefix}world"
    base = in_root(f"{prefix}hand_base", scan.frames, root)
    found = []
    for row, name, topic in zip(CAMERAS, CAMERA_NAMES, INFO_TOPICS, strict=True):
        info, world = scan.infos.get(topic), in_root(f"{prefix}{name}_optical_frame", scan.frames, root)
        intrinsics = None if info is None else intrinsics_of(info, topic)
        if intrinsics is not None and world is not None and base is not None:
            found.append(BagCamera(intrinsics, relative(base, world), "bag"))
        else:
            pose = relative(base_pose(), nominal_pose(row).matrix)
            nominal = Intrinsics(nominal_info(row).matrix, *row.resolution, np.zeros(0))
            found.append(BagCamera(nominal, pose, "description"))
    return tuple(found)


def _matrix(message: Any) -> np.ndarray:
    p, q = message.translation, message.rotation
    return to_matrix(*sound_pose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w)))


def _stamp(header: Any) -> int:
    return stamp_ns(header.stamp)
