"""`inhand evaluate policy`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Literal

from inhand_core.files import write_whole


def policy(
    weights: Path = Path("weights/block.safetensors"),
    trials: int = 100,
    randomization: str = "all",
    object: Literal["block", "prism"] = "block",
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
        film: picture of one trial of the deterministic policy: a strip (.png) or a film (.mp4).
        film_trial: which one, from 0.
        threads: physics threads; 0: one a core.
        profile: of config/graph.yaml; realtime: the controller and motor torques at 400 Hz, far slower, in lockstep.

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
    )
    if film is not None:
        if profile != "training":
            raise ValueError("a film is made of the profile training alone: a step of 80 ms is a picture")
        check_path(film)
        if not 0 <= film_trial < trials:
            raise ValueError(f"film_trial must be in [0, {trials - 1}], is {film_trial}")
    record = Film(film_trial) if film else None
    report = _run(protocol, record.watch if record else None)
    if record is not None:
        record.write(film, object)
    if sampled:
        report["sampled"] = _run(dataclasses.replace(protocol, deterministic=False))
    if json is not None:
        _write(json, {**report, "protocol": described(protocol)})


def _run(protocol, watch=None) -> dict:
    from rich.console import Console

    from inhand_eval.summary import summarize
    from inhand_eval.trials import run_trials

    console = Console()
    kind = "deterministic" if protocol.deterministic else "sampled"
    with console.status(f"{kind}: 0 of {protocol.trials} trials") as status:
        results = run_trials(
            protocol,
            lambda done, time: status.update(f"{kind}: {done} of {protocol.trials} trials, {time:.0f} s simulated"),
            watch,
        )
    report = summarize(results)
    low, high = report["mean_interval_95"]
    console.print(
        f"[bold]{kind}[/]: {report['mean']:.1f} ± {report['std']:.1f} goals in a row (mean within {low:.1f} … "
        f"{high:.1f}), median {report['median']:g}; ends {report['ends']}"
    )
    console.print("trials: " + " ".join(str(t) for t in report["trials"]), highlight=False)
    return report


def _write(path: Path, report: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(report, indent=1) + "\n")
