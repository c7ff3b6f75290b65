"""`inhand evaluate policy`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Literal

from inhand_core.files import write_whole

KINDS = ("deterministic", "sampled")


def policy(
    weights: Path = Path("weights/block.safetensors"),
    trials: int = 100,
    randomization: str = "all",
    object: str = "block",
    timeout: float = 80.0,
    max_goals: int = 50,
    seed: int = 0,
    json: Path | None = None,
    sampled: bool = True,
    locked_wrist: bool = False,
    film: Path | None = None,
    film_trial: int = 0,
    threads: int = 0,
    profile: Literal["training", "realtime"] = "training",
    goals: Literal["full", "face_up"] = "full",
    task: str = "published",
    object_pose: Literal["mocap", "vision"] = "mocap",
    estimator: Path = Path("weights/vision.safetensors"),
    renderer: Literal["classic", "filament"] | None = None,
    looks: bool = True,
) -> None:
    """Counts how many goals in a row a policy achieves, by the protocol of the paper's Table 3.

    Args:
        weights: a weights file.
        trials: number of trials.
        randomization: all, none, or groups of config/randomization.yaml joined by commas.
        object: what is turned.
        timeout: simulated seconds for one goal; 80 in the paper's table, 8 in training.
        max_goals: goals that end a trial.
        seed: of start states, goals, randomisation and sampling.
        json: file for the results; the deterministic policy's are at its top level.
        sampled: evaluate the sampling policy too.
        locked_wrist: hold the wrist's pitch, as in the table's row of that name.
        film: picture of one trial of the deterministic policy: a strip (.png), a film (.mp4), a moving picture (.webp).
        film_trial: which one, from 0.
        threads: physics threads; 0: one a core.
        profile: of config/graph.yaml; realtime: the controller and motor torques at 400 Hz, far slower, in lockstep.
        goals: how goals are distributed: full: any orientation; face_up: one of the faces up, any yaw (docs/task.md).
        task: published, as_before, or choices of config/task.yaml joined by commas.
        object_pose: mocap: tracked markers; vision: estimated from renders of three cameras at every step of 80 ms, by
            which goals and drops are judged too, as on the robot.
        estimator: weights of the pose estimator, for vision.
        renderer: of the cameras; default the one that the estimator has not been trained with.
        looks: each trial has looks of its own, cameras included, drawn as in training; else the description's.

    With `json`, an evaluation that is interrupted goes on where it was when it is started again.

    Raises:
        ValueError: the film has another ending, or there is no such trial.
    """
    from inhand_eval.film import Film, check_path
    from inhand_eval.trials import Protocol, described

    protocol = Protocol(
        weights=str(weights),
        trials=trials,
        randomization=randomization,
        object=object,
        timeout_s=timeout,
        max_goals=max_goals,
        seed=seed,
        deterministic=True,
        threads=threads,
        locked_wrist=locked_wrist,
        profile=profile,
        goals=goals,
        task=task,
    )
    if film is not None:
        if profile != "training":
            raise ValueError("a film is made of the profile training alone: a step of 80 ms is a picture")
        check_path(film)
        if not 0 <= film_trial < trials:
            raise ValueError(f"film_trial must be in [0, {trials - 1}], is {film_trial}")
    record = Film(film_trial) if film else None
    eyes = None
    if object_pose == "vision":
        from inhand_eval.sight import open_eyes

        eyes = open_eyes(protocol, estimator, renderer, looks)
    report = _run(protocol, record.watch if record else None, eyes, json)
    if record is not None and film is not None:
        record.write(film, object)
    if sampled:
        report["sampled"] = _run(dataclasses.replace(protocol, deterministic=False), None, eyes, json)
    if json is not None:
        seen = {"object_pose": "mocap"} if eyes is None else eyes.described()
        _write(json, {**report, "protocol": {**described(protocol), **seen}})
        for kind in KINDS:
            _unfinished(json, kind).unlink(missing_ok=True)


def _run(protocol, watch, eyes, json: Path | None) -> dict:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from inhand_eval.interrupted import Interrupted
    from inhand_eval.summary import summarize
    from inhand_eval.trials import described, run_trials

    kind = KINDS[0] if protocol.deterministic else KINDS[1]
    store = None
    if json is not None and watch is None:  # a film needs all its pictures
        key = described(protocol) | (eyes.described() if eyes else {}) | {"deterministic": protocol.deterministic}
        store = Interrupted(_unfinished(json, kind), key)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        console, task = bar.console, bar.add_task(kind, total=protocol.trials, text="")
        bar.disable = not console.is_terminal

        def progress(done: int, time: float) -> None:
            bar.update(task, completed=done, text=f"{done} of {protocol.trials} trials, {time:.0f} s simulated")

        if eyes is not None:
            eyes.begin()
        results = run_trials(protocol, progress, watch, eyes, store)
    report = summarize(results)
    if eyes is not None:
        report["invalid_estimates"] = eyes.invalid / eyes.estimates
        console.print(f"estimates that were not valid: {100 * report['invalid_estimates']:.1f} %")
    low, high = report["mean_interval_95"]
    console.print(
        f"[bold]{kind}[/]: {report['mean']:.1f} ± {report['std']:.1f} goals in a row (mean within {low:.1f} … "
        f"{high:.1f}), median {report['median']:g}; ends {report['ends']}"
    )
    console.print("trials: " + " ".join(str(t) for t in report["trials"]), highlight=False)
    return report


def _unfinished(json: Path, kind: str) -> Path:
    """Where an evaluation is kept while it is under way."""
    return json.with_name(f".{json.name}.{kind}")


def _write(path: Path, report: dict) -> None:
    """Writes a report; what the disk refuses is printed, for it may be the work of hours.

    Raises:
        OSError: it refused.
    """
    text = json.dumps(report, indent=1) + "\n"
    try:
        write_whole(path, text)
    except OSError:
        print(text, flush=True)
        raise
