"""`inhand dataset from-bag` and `inhand dataset export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def from_bag(
    bags: Annotated[tuple[Path, ...], tyro.conf.Positional],
    out: Path,
    reference: str = "/camera_top/image_raw",
    label: str = "/object/pose",
    every: int = 1,
    val: float = 0.1,
    idle: bool = False,
    max_skew: float | None = None,
    max_image_age: float | None = None,
    max_future: float | None = None,
    max_label_age: float | None = None,
) -> None:
    """Make a dataset of camera triplets with object poses from bags; goes on where it was interrupted.

    Args:
        bags: folders of bags, or .mcap files.
        out: folder of the dataset.
        reference: topic whose stamps drive the samples.
        label: topic of the object's pose, from motion capture or the simulator's truth (/sim/object_pose).
        every: take every n-th message of the reference.
        val: share of the trials kept for validation.
        idle: also take what lies outside of trials.
        max_skew: an image may be later than the reference by this [s].
        max_image_age: an image may be older than the reference by this [s].
        max_future: the pose after the reference may be later by this [s].
        max_label_age: without one, the pose before may be older by this [s].
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from inhand_vision.datasets.convert import ConvertConfig, convert
    from inhand_vision.datasets.sync import SyncConfig
    from inhand_vision.images import load_image_config

    bounds = {"max_skew_s": max_skew, "max_image_age_s": max_image_age}
    bounds |= {"max_future_s": max_future, "max_label_age_s": max_label_age}
    sync = SyncConfig(**{name: value for name, value in bounds.items() if value is not None})
    config = ConvertConfig(load_image_config(), sync, reference, label, every, val, idle)
    columns = (TextColumn("[cyan]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done)

        report = convert(list(bags), out, config, show)
    for name, found in report["bags"].items():
        print(f"{name}: {found['samples']} samples of {found['reference_frames']} reference frames")
        left_out = {key: found[key] for key in ("without_label", "outside_of_trials")} | found["poses_rejected"]
        print("  left out: " + ", ".join(f"{key} {value}" for key, value in left_out.items()))
        for camera, counts in found["cameras"].items():
            print(f"  {camera}: " + ", ".join(f"{key} {value}" for key, value in counts.items()))
    split = report["split"]
    counts = {kind: sum(value == kind for value in split.values()) for kind in ("train", "val")}
    print(f"{out}: {counts['train']} trials to train, {counts['val']} to validate")


def export(
    bags: Annotated[tuple[Path, ...], tyro.conf.Positional],
    out: Path,
    format: Literal["lerobot"] = "lerobot",
    object: str = "block",
) -> None:
    """Write bags as a dataset for other projects: images, joints, fingertips, goals and actions, one episode a trial.

    Args:
        bags: folders of bags, or .mcap files.
        out: folder of the dataset; it must not exist.
        format: lerobot: LeRobot's, version 3.0 (parquet and video).
        object: what was turned, for the tasks' names.
    """
    from inhand_vision.datasets.lerobot import export_lerobot

    info = export_lerobot(list(bags), out, object)
    counts = ", ".join(f"{info[f'total_{name}']} {name}" for name in ("episodes", "frames", "tasks"))
    print(f"{out}: {counts} at {info['fps']} Hz; {info['left_out']} frames left out, which lacked an image or a signal")
