"""Bags to a dataset: the second pass, which crops, resizes and stores the images that the first one chose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_data.bags import BagError, BagReader, open_bag
from inhand_data.intrinsics import CameraError
from inhand_data.losses import dropped
from inhand_data.pixels import ImageError, rgb_image
from inhand_data.stamps import ShortMessage
from inhand_description.cameras import CAMERA_NAMES
from inhand_vision.datasets.bag_index import IMAGE_TOPICS, BagCamera, BagIndex, index_bag
from inhand_vision.datasets.files import ShardWriter, shard_description, write_index
from inhand_vision.datasets.signals import ARRAYS, Track, read_tracks, signals_at
from inhand_vision.datasets.sync import SyncConfig, as_of, label, missing_frames, trial_at
from inhand_vision.images import ImageConfig
from inhand_vision.view import InputView

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ConvertConfig:
    """How bags become a dataset.

    Attributes:
        sync: what belongs together.
        reference: the topic whose stamps drive the samples.
        label_topic: object poses.
        every: only every n-th reference message.
        val_fraction: share of the trials that go into the split "val".
        idle: also take what lies outside of trials.
        images: crop and size.
    """

    images: ImageConfig
    sync: SyncConfig
    reference: str = IMAGE_TOPICS[0]
    label_topic: str = "/object/pose"
    every: int = 1
    val_fraction: float = 0.1
    idle: bool = False

    def __post_init__(self) -> None:
        if self.reference not in (*IMAGE_TOPICS, self.label_topic):
            raise ConfigError(f"reference {self.reference!r} is not one of {[*IMAGE_TOPICS, self.label_topic]}")
        if self.every < 1 or not 0.0 <= self.val_fraction < 1.0:
            raise ConfigError("every must be >= 1 and val_fraction in [0, 1)")


@dataclass(frozen=True)
class Plan:
    """The samples of one shard: name, images (m, C) by index in the bag, stamps, labels, and signals by name.

    A signal is (m, …), NaN in rows as of which the bag has none.
    """

    name: str
    images: np.ndarray
    stamp_ns: np.ndarray
    position: np.ndarray
    orientation: np.ndarray
    signals: dict[str, np.ndarray]


def convert(bags: list[Path], folder: Path, config: ConvertConfig, progress: Progress | None = None) -> dict[str, Any]:
    """Converts bags; shards that are complete, from the same bag with the same configuration, are kept.

    Args:
        bags: folders or files; their names must differ.
        folder: of the dataset.
        config: how.
        progress: called with the bag's name, images done, and images in all.

    Returns:
        The report, which index.json holds too.

    Raises:
        BagError: a bag cannot be used, or no sample was found.
    """
    names = [bag.stem for bag in bags]
    if len(set(names)) != len(names):
        raise BagError(f"bags of the same name: {sorted(names)}; rename one, shards are named after them")
    folder.mkdir(parents=True, exist_ok=True)
    reports = {}
    for bag in bags:
        with open_bag(bag) as reader:
            reports[bag.stem] = _convert_one(reader, folder, config, progress)
    shards = sorted(name for report in reports.values() for name in report["shards"])
    if not shards:
        raise BagError(f"no sample found; reports: {json.dumps(reports)}")
    split = split_trials(shards, config.val_fraction)
    details = {"image_size": config.images.size, "signals": list(ARRAYS)}
    details |= {"config": asdict(config), "report": reports}
    write_index(folder, split, CAMERA_NAMES, details)
    return {"bags": reports, "split": split}


def split_trials(shards: list[str], val_fraction: float) -> dict[str, str]:
    """A split for each trial: a share of them, picked by a hash of their names, is "val"; one stays "train"."""
    by_hash = sorted(shards, key=lambda name: hashlib.sha256(name.encode()).digest())
    count = min(round(val_fraction * len(shards)), len(shards) - 1)
    if val_fraction > 0.0 and len(shards) > 1:
        count = max(count, 1)
    return {name: "val" if name in by_hash[:count] else "train" for name in shards}


def make_plans(
    index: BagIndex, bag: str, config: ConvertConfig, lost: Mapping[str, int | None], tracks: dict[str, Track]
) -> tuple[list[Plan], dict[str, Any]]:
    """Which samples a bag gives, one plan a trial, and a report of what was left out and why.

    Args:
        index: the bag.
        bag: its name.
        config: how.
        lost: images that are missing by their publisher's count, by topic; None where nothing counts them.
        tracks: the bag's signals.
    """
    reference = index.track.stamp_ns
    if config.reference in IMAGE_TOPICS:
        reference = np.sort(index.image_ns[IMAGE_TOPICS.index(config.reference)])
    reference = reference[:: config.every]
    order = [np.argsort(stamps, kind="stable") for stamps in index.image_ns]
    picked = [as_of(reference, stamps[o], config.sync) for stamps, o in zip(index.image_ns, order, strict=True)]
    images = np.stack([np.where(p >= 0, o[p], -1) for p, o in zip(picked, order, strict=True)], axis=1)
    position, orientation, found = label(index.track, reference, config.sync)
    trial = trial_at(index.trial_ns, index.trial_id, reference)
    whole = (images >= 0).all(axis=1)
    inside = np.ones(len(reference), bool) if config.idle else trial >= 0
    use = whole & found & inside
    report = {
        "reference_frames": len(reference),
        "samples": int(use.sum()),
        "without_label": int((whole & ~found).sum()),
        "outside_of_trials": int((whole & found & ~inside).sum()),
        "poses_rejected": index.rejected,
        "cameras": {
            name: {
                "images": len(stamps),
                "dropped": lost.get(f"/{name}/image_raw"),
                "missing by stamps": missing_frames(np.sort(stamps)),
                "stale": int((column < 0).sum()),
                "calibration": camera.source,
            }
            for name, stamps, column, camera in zip(CAMERA_NAMES, index.image_ns, images.T, index.cameras, strict=True)
        },
    }
    signals = _signals(tracks, reference, index)
    report["signals"] = {
        name: int(np.isfinite(v[use]).all(axis=tuple(range(1, v.ndim))).sum()) for name, v in signals.items()
    }
    plans = []
    for number in np.unique(trial[use]):
        rows = np.flatnonzero(use & (trial == number))
        stamps = np.stack([s[i] for s, i in zip(index.image_ns, images[rows].T, strict=True)], axis=1)
        stamps = np.concatenate([reference[rows, None], stamps], axis=1)
        name = f"{bag}-{number:05d}" if number >= 0 else f"{bag}-idle"
        own = {key: values[rows] for key, values in signals.items()}
        plans.append(Plan(name, images[rows], stamps, position[rows], orientation[rows], own))
    return plans, report


def _signals(tracks: dict[str, Track], at_ns: np.ndarray, index: BagIndex) -> dict[str, np.ndarray]:
    """Arrays (m, …) of what `ARRAYS` names as of the stamps (m,); NaN where the bag has none."""
    found = {name: np.full((len(at_ns), *shape), np.nan, np.float32) for name, (_, shape) in ARRAYS.items()}
    known = signals_at(tracks, at_ns, index.trial_ns, index.trial_id)
    for name, (signal, shape) in ARRAYS.items():
        if signal in known and (there := known[signal][1]).any():
            values = known[signal][0]
            found[name][there] = values[there].reshape(-1, *shape)
    return found


def _convert_one(bag: BagReader, folder: Path, config: ConvertConfig, progress: Progress | None) -> dict[str, Any]:
    index = index_bag(bag, config.label_topic)
    try:
        tracks = read_tracks(bag)
    except ShortMessage as error:
        raise BagError(f"{bag.path}: {error}") from error
    lost = {topic: dropped(bag, topic) for topic in IMAGE_TOPICS}
    plans, report = make_plans(index, bag.path.stem, config, lost, tracks)
    origin = {"bag": bag.path.name, "config": json.loads(json.dumps(asdict(config))), "signals": list(ARRAYS)}
    missing = [plan for plan in plans if not _complete(folder, plan, origin)]
    report["shards"] = {plan.name: len(plan.images) for plan in plans}
    if missing:
        _store(bag, index, missing, folder, config, origin, progress)
    report["bag_problems"] = bag.problems
    return report


def _complete(folder: Path, plan: Plan, origin: dict[str, Any]) -> bool:
    return shard_description(folder, plan.name) == {**origin, "samples": len(plan.images)}


def _store(
    bag: BagReader,
    index: BagIndex,
    plans: list[Plan],
    folder: Path,
    config: ConvertConfig,
    origin: dict[str, Any],
    progress: Progress | None,
) -> None:
    """Goes through the bag's images once and puts each where plans want it; a shard is closed with its last image."""
    size = config.images.size
    views = [_view(bag, topic, camera, config) for topic, camera in zip(IMAGE_TOPICS, index.cameras, strict=True)]
    matrices, poses = np.stack([view.matrix for view in views]), np.stack([camera.pose for camera in index.cameras])
    wanted = [_uses(plans, camera) for camera in range(len(IMAGE_TOPICS))]
    left = {plan.name: plan.images.size for plan in plans}
    open_shards: dict[str, ShardWriter] = {}
    seen = [0] * len(IMAGE_TOPICS)
    total = bag.count(IMAGE_TOPICS)
    for done, entry in enumerate(bag.entries(IMAGE_TOPICS), 1):
        camera = IMAGE_TOPICS.index(entry.topic)
        uses = wanted[camera].get(seen[camera], ())
        seen[camera] += 1
        if progress is not None:
            progress(bag.path.stem, done, total)
        if not uses:
            continue
        try:
            image = views[camera](rgb_image(bag.message(entry)))
        except (ImageError, CameraError) as error:
            raise BagError(f"{bag.path}: {entry.topic}: image {seen[camera] - 1}: {error}") from error
        for plan, row in uses:
            if plan.name not in open_shards:
                shapes = {key: values.shape[1:] for key, values in plan.signals.items()}
                writer = ShardWriter(folder, plan.name, len(plan.images), len(IMAGE_TOPICS), size, shapes)
                _fill(writer, plan, matrices, poses)
                open_shards[plan.name] = writer
            open_shards[plan.name].samples.images[row, camera] = image
            left[plan.name] -= 1
            if not left[plan.name]:
                open_shards.pop(plan.name).close({**origin, "samples": len(plan.images)})


def _view(bag: BagReader, topic: str, camera: BagCamera, config: ConvertConfig) -> InputView:
    try:
        return InputView(camera.intrinsics, config.images)
    except CameraError as error:
        raise BagError(f"{bag.path}: {topic}: {error}") from error


def _uses(plans: list[Plan], camera: int) -> dict[int, list[tuple[Plan, int]]]:
    """Where each image of a camera goes: (plan, row) by the image's index in the bag."""
    uses: dict[int, list[tuple[Plan, int]]] = {}
    for plan in plans:
        for row, image in enumerate(plan.images[:, camera].tolist()):
            uses.setdefault(image, []).append((plan, row))
    return uses


def _fill(writer: ShardWriter, plan: Plan, matrices: np.ndarray, poses: np.ndarray) -> None:
    samples = writer.samples
    samples.position[:], samples.orientation[:] = plan.position, plan.orientation
    samples.stamp_ns[:] = plan.stamp_ns
    samples.camera_matrix[:], samples.camera_pose[:] = matrices, poses
    for name, values in plan.signals.items():
        writer.signals[name][:] = values
