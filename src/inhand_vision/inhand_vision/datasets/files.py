"""Datasets of images with object poses, on disk: plain NumPy arrays that are mapped into memory, and a JSON index.

    <folder>/index.json               format, image size, cameras, split, report
    <folder>/<shard>/images.npy       (N, C, S, S, 3) uint8, RGB, cropped and resized for the network
    <folder>/<shard>/position.npy     (N, 3) float64, object in hand_base [m]
    <folder>/<shard>/orientation.npy  (N, 4) float64, object in hand_base, (x, y, z, w)
    <folder>/<shard>/camera_matrix.npy (N, C, 3, 3) float32, of the stored images [px]
    <folder>/<shard>/camera_pose.npy  (N, C, 4, 4) float32, hand_base from optical frame
    <folder>/<shard>/stamp_ns.npy     (N, 1 + C) int64: reference, then each camera
    <folder>/<shard>/joint_position.npy (N, 24) float32 [rad], and other signals as of the reference; NaN: none then
    <folder>/<shard>/shard.json       what the shard was made from

A shard is one trial of one bag, or a batch of renders; it appears under its name when it is complete.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.files import naming, write_whole
from inhand_core.strict import StrictError, parse_json, read_text

FORMAT, VERSION = "inhand-vision-dataset", 1
ARRAYS = ("images", "position", "orientation", "camera_matrix", "camera_pose", "stamp_ns")
SPLITS = ("train", "val")
_MAX_INDEX = 1 << 26
"""Largest index [bytes]: of half a million trials."""


class DatasetError(ValueError):
    """A dataset that cannot be used; the message names the file and what is wrong with it."""


@dataclass(frozen=True)
class Samples:
    """Samples as arrays of equal length N, as in the files; may be views of mapped files."""

    images: np.ndarray
    position: np.ndarray
    orientation: np.ndarray
    camera_matrix: np.ndarray
    camera_pose: np.ndarray
    stamp_ns: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> Samples:
        return Samples(*(getattr(self, name)[index] for name in ARRAYS))


class ShardWriter:
    """Writes a shard of `length` samples; nothing is seen under its name before `close`.

    Args:
        folder: of the dataset.
        name: of the shard.
        length, cameras, size: N, C and S of the arrays.
        signals: shapes of a row of further arrays, float32 and NaN until they are written, by name.

    Raises:
        OSError: the disk has no room for them.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        length: int,
        cameras: int,
        size: int,
        signals: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        self._final = folder / name
        self._partial = folder / f".{name}.partial"
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        shapes = {
            "images": (np.uint8, (length, cameras, size, size, 3)),
            "position": (np.float64, (length, 3)),
            "orientation": (np.float64, (length, 4)),
            "camera_matrix": (np.float32, (length, cameras, 3, 3)),
            "camera_pose": (np.float32, (length, cameras, 4, 4)),
            "stamp_ns": (np.int64, (length, 1 + cameras)),
        }
        try:
            self.samples = Samples(*(_array(self._partial / f"{key}.npy", *shapes[key]) for key in ARRAYS))
            rows = (signals or {}).items()
            self.signals = {key: _array(self._partial / f"{key}.npy", np.float32, (length, *row)) for key, row in rows}
        except OSError:
            shutil.rmtree(self._partial, ignore_errors=True)
            raise
        for array in self.signals.values():
            array[:] = np.nan

    def close(self, description: Mapping[str, Any]) -> None:
        """Completes the shard with what it was made from."""
        for array in (*(getattr(self.samples, name) for name in ARRAYS), *self.signals.values()):
            array.flush()
        write_whole(self._partial / "shard.json", json.dumps(description, indent=1) + "\n")
        shutil.rmtree(self._final, ignore_errors=True)
        self._partial.rename(self._final)


def _array(path: Path, dtype: type, shape: tuple[int, ...]) -> np.memmap:
    """An array in a file that has all its room: a full disk is an error here, and not the end of the process (SIGBUS)
    when the array is filled."""
    with naming(path):
        array = np.lib.format.open_memmap(path, "w+", dtype, shape)
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def shard_description(folder: Path, name: str) -> dict[str, Any] | None:
    """What a complete shard was made from; None where it is missing."""
    path = folder / name / "shard.json"
    return json.loads(path.read_text()) if path.is_file() else None


def write_index(folder: Path, shards: Mapping[str, str], cameras: Iterable[str], details: Mapping[str, Any]) -> None:
    """Writes index.json: the split of each shard ("train" or "val"), camera names, and further details."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "cameras": list(cameras),
        "shards": {name: {"split": split} for name, split in shards.items()},
        **details,
    }
    write_whole(folder / "index.json", json.dumps(content, indent=1) + "\n")


class PoseDataset:
    """A dataset's split, for torch's DataLoader (it has `__len__` and `__getitem__`) and for NumPy.

    An item is a dictionary: images (C, S, S, 3) uint8, position (3,), orientation (4,), camera_matrix (C, 3, 3),
    camera_pose (C, 4, 4), stamp_ns (1 + C,), and one for each of `signals`, float32, NaN where the bag had none.

    Args:
        folder: of the dataset.
        split: "train", "val", or "all".

    Raises:
        DatasetError: no dataset of this format, or no sample in the split.
    """

    def __init__(self, folder: str | Path, split: str = "all") -> None:
        folder = Path(folder)
        self.index = read_index(folder)
        if split not in (*SPLITS, "all"):
            raise DatasetError(f"split {split!r} is not one of {[*SPLITS, 'all']}")
        names = [n for n, shard in self.index["shards"].items() if split in ("all", shard["split"])]
        self._shards = [read_shard(folder / name) for name in names]
        self._signals = [read_signals(folder / name, self.signals, len(s)) for name, s in zip(names, self._shards)]
        self._ends = np.cumsum([len(shard) for shard in self._shards], dtype=np.int64)
        if not len(self):
            there = {n: shard["split"] for n, shard in self.index["shards"].items()}
            raise DatasetError(f"{folder}: no sample in split {split!r}; shards: {there}")

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras, in the order of the arrays."""
        return tuple(self.index["cameras"])

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals beside images and poses; none in datasets of older versions."""
        return tuple(self.index.get("signals", ()))

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        shard, row = self._place(index % len(self))
        item = {name: np.array(getattr(self._shards[shard], name)[row]) for name in ARRAYS}
        return item | {name: np.array(array[row]) for name, array in self._signals[shard].items()}

    def positions(self) -> np.ndarray:
        """Object positions (n, 3) [m, hand_base] of all samples."""
        return np.concatenate([np.asarray(shard.position) for shard in self._shards])

    def gather(self, indices: Iterable[int]) -> Samples:
        """Several samples as arrays."""
        places = [self._place(int(i) % len(self)) for i in indices]
        return Samples(*(np.stack([getattr(self._shards[s], name)[row] for s, row in places]) for name in ARRAYS))

    def _place(self, index: int) -> tuple[int, int]:
        shard = int(np.searchsorted(self._ends, index, side="right"))
        return shard, index - int(self._ends[shard - 1] if shard else 0)


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a dataset.

    Raises:
        DatasetError: it is missing, or of another format.
    """
    path = folder / "index.json"
    if not path.is_file():
        raise DatasetError(f"{path}: no such file; not a dataset, or one whose making was interrupted: run it again")
    try:
        index = parse_json(read_text(path, _MAX_INDEX), str(path), _MAX_INDEX)
    except StrictError as error:
        raise DatasetError(str(error)) from error
    if not isinstance(index, dict):
        raise DatasetError(f"{path}: expected a mapping at the top, found {type(index).__name__}")
    for key, expected in (("format", FORMAT), ("version", VERSION)):
        if index.get(key) != expected:
            raise DatasetError(f"{path}: field {key}: expected {expected!r}, found {index.get(key)!r}")
    shards = index.get("shards")
    if not isinstance(shards, dict) or not all(
        isinstance(row, dict) and row.get("split") in SPLITS for row in shards.values()
    ):
        raise DatasetError(f"{path}: field shards: expected a mapping of names to {{'split': one of {list(SPLITS)}}}")
    if bad := [name for name in shards if Path(name).name != name]:
        raise DatasetError(f"{path}: field shards: {bad[0]!r} is no name of a folder beside it")
    for key in ("cameras", "signals"):
        names = index.get(key, [] if key == "signals" else None)
        if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
            raise DatasetError(f"{path}: field {key}: expected a list of names, found {names!r:.60}")
    return index


def read_shard(folder: Path) -> Samples:
    """A shard's arrays, mapped.

    Raises:
        DatasetError: an array is missing, or their lengths differ.
    """
    arrays = []
    for name in ARRAYS:
        path = folder / f"{name}.npy"
        if not path.is_file():
            raise DatasetError(f"{path}: no such file")
        arrays.append(np.load(path, mmap_mode="r"))
    if len({len(array) for array in arrays}) != 1:
        lengths = dict(zip(ARRAYS, map(len, arrays), strict=True))
        raise DatasetError(f"{folder}: arrays of different lengths: {lengths}")
    return Samples(*arrays)


def read_signals(folder: Path, names: Iterable[str], length: int) -> dict[str, np.ndarray]:
    """A shard's signals, mapped.

    Raises:
        DatasetError: one is missing, or has another length than the samples.
    """
    found = {}
    for name in names:
        path = folder / f"{name}.npy"
        if not path.is_file():
            raise DatasetError(f"{path}: no such file")
        found[name] = np.load(path, mmap_mode="r")
        if len(found[name]) != length:
            raise DatasetError(f"{path}: {len(found[name])} rows, of {length} samples")
    return found
