"""Bags as a LeRobot dataset (v3.0): one episode a trial, images as video, every signal as of each image.

A frame is an image of the reference camera within a running trial, with the other cameras' images and the signals as
of its stamp. Frames without all of them are left out, those before a trial's first action among them. `action` is the
action in force, `task` says the goal in force.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from inhand_core.config import ConfigError
from inhand_core.files import naming
from inhand_core.signals import TrialState
from inhand_data.bags import BagError, BagReader, open_bag
from inhand_data.pixels import ImageError, rgb_image
from inhand_data.stamps import ShortMessage, stamp_of
from inhand_data.videos import check_video, video_writer
from inhand_vision.datasets.bag_index import CAMERA_NAMES, IMAGE_TOPICS
from inhand_vision.datasets.signals import SOURCES, read_tracks, signals_at
from inhand_vision.datasets.sync import SyncConfig, as_of, trial_at

VERSION = "v3.0"
_FILE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
DATA, VIDEO = f"data/{_FILE}.parquet", f"videos/{{video_key}}/{_FILE}.mp4"
EPISODES, TASKS = f"meta/episodes/{_FILE}.parquet", "meta/tasks.parquet"
_FIRST = {"chunk_index": 0, "file_index": 0}
_STATISTICS = ("min", "max", "mean", "std", "count")
_EVERY, _SIDE = 10, 64
"""Statistics of images: of every tenth frame, made smaller."""


@dataclass
class Frames:
    """What has been gathered: columns of the data, by feature; episodes as (task names, first row, row behind)."""

    columns: dict[str, list[Any]] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    episodes: list[tuple[list[str], int, int]] = field(default_factory=list)
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.columns.get("index", ()))


def export_lerobot(
    bags: list[Path], out: Path, object: str = "block", sync: SyncConfig | None = None
) -> dict[str, Any]:
    """Writes a dataset from bags into the folder `out`, which must not exist.

    Returns:
        info.json's content, with `left_out`: frames that lacked a signal or an image.

    Raises:
        BagError: a bag lacks images or signals, or has no running trial.
        ConfigError: `out` exists.
        OSError: the disk refuses; then there is no `out`.
    """
    if out.exists():
        raise ConfigError(f"{out} exists: an export writes a new folder")
    sync, frames, fps = sync or SyncConfig(), Frames(), 0
    plans = []
    for path in bags:
        with open_bag(path) as bag:
            try:
                plan, rate = _plan(bag, frames, object, sync)
            except ShortMessage as error:
                raise BagError(f"{path}: {error}") from error
            plans.append((path, plan))
            if fps and rate != fps:
                raise BagError(f"{path}: images come at {rate} Hz, in the bags before at {fps} Hz")
            fps = rate
    if not len(frames):
        raise BagError(f"{[str(path) for path in bags]}: no image within a running trial has all signals beside it")
    frames.columns["timestamp"] = [index / fps for index in frames.columns["frame_index"]]
    draft = out.with_name(f".{out.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with naming(out):
            size, image_statistics = _write_videos(plans, draft, fps)
            info = _info(frames, fps, size)
            _write_tables(frames, draft, fps, info, image_statistics)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {**info, "left_out": frames.left_out}


def _plan(bag: BagReader, frames: Frames, object: str, sync: SyncConfig) -> tuple[list[np.ndarray], int]:
    """Adds the bag's frames; returns for each camera which of its images they take, and the images' rate [Hz]."""
    needed = {*IMAGE_TOPICS, "/trial", *(source.topic for source in SOURCES.values())}
    if missing := sorted(needed - set(bag.topics)):
        raise BagError(f"{bag.path}: no messages of {missing}; topics: {sorted(bag.topics)}")
    stamps: dict[str, list[int]] = {topic: [] for topic in IMAGE_TOPICS}
    trials: list[tuple[int, int]] = []
    for entry in bag.entries({*IMAGE_TOPICS, "/trial"}):
        if entry.topic in stamps:
            stamps[entry.topic].append(stamp_of(entry.data))
        else:
            message = bag.message(entry)
            trials.append((stamp_of(entry.data), int(message.trial_id) if message.state == TrialState.RUNNING else -1))
    reference = np.asarray(stamps[IMAGE_TOPICS[0]], np.int64)
    if len(reference) < 2:
        raise BagError(f"{bag.path}: {len(reference)} images on {IMAGE_TOPICS[0]}")
    rate = round(1e9 / float(np.median(np.diff(reference))))
    picks = [as_of(reference, np.asarray(stamps[topic], np.int64), sync) for topic in IMAGE_TOPICS]
    trial_ns, trial_id = np.array(trials, np.int64).reshape(-1, 2).T
    values = signals_at(read_tracks(bag), reference, trial_ns, trial_id)
    trial = trial_at(trial_ns, trial_id, reference)
    whole = np.all([pick >= 0 for pick in picks] + [there for _, there in values.values()], axis=0)
    frames.left_out += int(((trial >= 0) & ~whole).sum())
    keep = np.flatnonzero((trial >= 0) & whole)
    for number in dict.fromkeys(trial[keep].tolist()):
        rows = keep[trial[keep] == number]
        _add_episode(frames, rows, reference, {name: found[rows] for name, (found, _) in values.items()}, object)
    order = np.concatenate([keep[trial[keep] == number] for number in dict.fromkeys(trial[keep].tolist())] or [keep])
    return [pick[order] for pick in picks], rate


def _add_episode(
    frames: Frames, rows: np.ndarray, stamps: np.ndarray, values: dict[str, np.ndarray], object: str
) -> None:
    first, columns = len(frames), frames.columns
    numbers = [", ".join(f"{part:.3f}" for part in goal) for goal in values["observation.goal"]]
    goals = [f"turn the {object} to (x, y, z, w) = ({text})" for text in numbers]
    for name, found in values.items():
        columns.setdefault(name, []).extend(found.astype(np.float32))
    count = len(rows)
    for name, found in (
        ("stamp_ns", stamps[rows].tolist()),
        ("frame_index", range(count)),
        ("episode_index", [len(frames.episodes)] * count),
        ("index", range(first, first + count)),
        ("task_index", [frames.tasks.setdefault(goal, len(frames.tasks)) for goal in goals]),
    ):
        columns.setdefault(name, []).extend(found)
    frames.episodes.append((list(dict.fromkeys(goals)), first, first + count))


def _write_videos(
    plans: list[tuple[Path, list[np.ndarray]]], out: Path, fps: int
) -> tuple[tuple[int, int], dict[str, dict[str, Any]]]:
    """One video a camera, and statistics of their frames; returns (height, width) and these."""
    writers: dict[str, cv2.VideoWriter] = {}
    samples: dict[str, list[np.ndarray]] = {key: [] for key in map(_video_key, CAMERA_NAMES)}
    size, written = (0, 0), dict.fromkeys(samples, 0)
    for path, picks in plans:
        wanted = {topic: iter(pick) for topic, pick in zip(IMAGE_TOPICS, picks)}
        ahead = {topic: next(numbers, -1) for topic, numbers in wanted.items()}
        seen = dict.fromkeys(IMAGE_TOPICS, -1)
        with open_bag(path) as bag:
            for entry in bag.entries(IMAGE_TOPICS):
                topic = entry.topic
                seen[topic] += 1
                while ahead[topic] == seen[topic]:
                    key = _video_key(CAMERA_NAMES[IMAGE_TOPICS.index(topic)])
                    try:
                        image = rgb_image(bag.message(entry))
                    except ImageError as error:
                        raise BagError(f"{path}: {topic}: {error}") from error
                    if key not in writers:
                        size = image.shape[:2]
                        writers[key] = video_writer(out / VIDEO.format(video_key=key, **_FIRST), fps, size)
                    writers[key].write(np.ascontiguousarray(image[..., ::-1]))
                    if written[key] % _EVERY == 0:
                        samples[key].append(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
                    written[key] += 1
                    ahead[topic] = next(wanted[topic], -1)
    for key, writer in writers.items():
        writer.release()
        check_video(out / VIDEO.format(video_key=key, **_FIRST), written[key])
    found = {key: np.asarray(images, np.float64).reshape(-1, 3) / 255.0 for key, images in samples.items()}
    return size, {key: _statistics(pixels, (3, 1, 1), len(samples[key])) for key, pixels in found.items()}


def _video_key(camera: str) -> str:
    return f"observation.images.{camera.removeprefix('camera_')}"


def _statistics(values: np.ndarray, shape: tuple[int, ...], count: int) -> dict[str, Any]:
    """Minimum, maximum, mean and deviation of (n, size) in `shape`, and how many there were."""
    columns = values.min(axis=0), values.max(axis=0), values.mean(axis=0), values.std(axis=0)
    return {**dict(zip(_STATISTICS, (column.reshape(shape).tolist() for column in columns))), "count": [count]}


def _info(frames: Frames, fps: int, size: tuple[int, int]) -> dict[str, Any]:
    height, width = size
    video = {"video.height": height, "video.width": width, "video.codec": "mpeg4", "video.pix_fmt": "yuv420p"}
    video |= {"video.is_depth_map": False, "video.fps": fps, "video.channels": 3, "has_audio": False}
    names = ["height", "width", "channels"]
    features: dict[str, Any] = {
        _video_key(camera): {"dtype": "video", "shape": [height, width, 3], "names": names, "info": video}
        for camera in CAMERA_NAMES
    }
    for name, source in SOURCES.items():
        features[name] = {"dtype": "float32", "shape": [len(source.names)], "names": list(source.names)}
    for name, kind in _INDICES.items():
        features[name] = {"dtype": kind, "shape": [1], "names": None}
    return {
        "codebase_version": VERSION,
        "robot_type": "shadow_hand",
        "total_episodes": len(frames.episodes),
        "total_frames": len(frames),
        "total_tasks": len(frames.tasks),
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 500,
        "fps": fps,
        "splits": {"train": f"0:{len(frames.episodes)}"},
        "data_path": DATA,
        "video_path": VIDEO,
        "features": features,
    }


_WHOLE = ("frame_index", "episode_index", "index", "task_index", "stamp_ns")
_INDICES = {"timestamp": "float32", **dict.fromkeys(_WHOLE, "int64")}


def _write_tables(
    frames: Frames, out: Path, fps: int, info: dict[str, Any], image_statistics: dict[str, dict[str, Any]]
) -> None:
    columns = {name: np.asarray(frames.columns[name]) for name in (*SOURCES, *_INDICES)}
    arrays = {
        name: pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), pa.float32()), values.shape[1])
        if values.ndim == 2
        else pa.array(values, _INDICES[name])
        for name, values in columns.items()
    }
    _write(out / DATA.format(**_FIRST), pa.table(arrays))
    statistics = {name: _statistics(np.atleast_2d(v.T).T, (-1,), len(v)) for name, v in columns.items()}
    _write_json(out / "meta/stats.json", {**image_statistics, **statistics})
    _write_json(out / "meta/info.json", info)
    _write(out / EPISODES.format(**_FIRST), _episode_table(frames, columns, fps))
    tasks = pa.table({"task_index": pa.array(range(len(frames.tasks)), pa.int64()), "task": list(frames.tasks)})
    _write(out / TASKS, tasks.replace_schema_metadata({"pandas": json.dumps(_PANDAS)}))


_PANDAS = {
    "index_columns": ["task"],
    "column_indexes": [],
    "columns": [
        {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": None}
        for name, kind, numpy in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
    ],
    "pandas_version": "2.0.0",
}
"""That the tasks' names are the index of their table, as LeRobot reads it."""


def _episode_table(frames: Frames, columns: dict[str, np.ndarray], fps: int) -> pa.Table:
    rows = []
    for number, (tasks, first, behind) in enumerate(frames.episodes):
        row: dict[str, Any] = {"episode_index": number, "tasks": tasks, "length": behind - first}
        row |= {f"data/{key}": value for key, value in _FIRST.items()}
        row |= {"dataset_from_index": first, "dataset_to_index": behind}
        for camera in CAMERA_NAMES:
            place = f"videos/{_video_key(camera)}"
            row |= {f"{place}/{key}": value for key, value in _FIRST.items()}
            row |= {f"{place}/from_timestamp": first / fps, f"{place}/to_timestamp": behind / fps}
        for name, values in columns.items():
            part = np.atleast_2d(values[first:behind].T).T
            found = _statistics(part, (-1,), behind - first)
            row |= {f"stats/{name}/{key}": value for key, value in found.items()}
        rows.append(row | {f"meta/episodes/{key}": value for key, value in _FIRST.items()})
    return pa.Table.from_pylist(rows)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path)


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
