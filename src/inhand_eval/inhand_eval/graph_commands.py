"""`inhand evaluate graph`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal


def graph(
    weights: Path = Path("weights/block.safetensors"),
    trials: int = 20,
    randomization: str = "none",
    object: str = "block",
    timeout: float = 8.0,
    seed: int = 0,
    deterministic: bool = True,
    graphs: int = 1,
    busy_loops: int = 0,
    domain: int = 70,
    in_process: int = 100,
    alpha: float = 0.05,
    logs: Path = Path("runs/evaluate_graph"),
    json: Path | None = None,
    goals: Literal["full", "face_up"] = "full",
    task: str = "published",
) -> int:
    """Plays trials over DDS and compares them with the same policy's in one process.

    A graph is `ros2 launch inhand_bringup sim.launch.xml`, with the controller in C++ and motor torques; in one process
    the trials are those of `inhand evaluate policy`. A two-sided Mann-Whitney test on the goals in a row decides. The
    simulation waits for its graph: on a busy machine the trials take longer, and that is all that may differ.

    Args:
        weights: a weights file.
        trials: over DDS; the first one of a graph, during which nodes still start, does not count.
        randomization: all, none, or groups of config/randomization.yaml joined by commas.
        object: what is turned.
        timeout: simulated seconds for one goal.
        seed: of both; a second graph has the next one.
        deterministic: the mean actions, or drawn ones.
        graphs: graphs side by side; each takes about one core.
        busy_loops: processes beside them that do nothing but use the cores.
        domain: ROS domain id of the first graph, the next has the next one.
        in_process: trials in one process.
        alpha: level of the test.
        logs: folder for the logs of the graphs.
        json: file for the results; those over DDS are at its top level.
        goals: how goals are distributed: full: any orientation; face_up: one of the faces up, any yaw (docs/task.md).
        task: published, as_before, or choices of config/task.yaml joined by commas.

    Returns:
        1 where the test tells the two apart, 2 where a graph did not keep its time, or held: no verdict then.
    """
    from rich.console import Console

    from inhand_core import machine
    from inhand_eval.closed_loop import LoopConfig, compare_goals, kept_up, play
    from inhand_eval.studies.runs import write_json
    from inhand_eval.summary import summarize
    from inhand_eval.trials import Protocol, described, run_trials

    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be in (0, 1), is {alpha}")
    protocol = Protocol(
        str(weights), trials, randomization, object, timeout, 50, seed, deterministic, 0, goals=goals, task=task
    )
    beside = dataclasses.replace(protocol, trials=in_process)
    config = LoopConfig(protocol, graphs, domain)
    console = Console()
    with console.status("in one process") as status, machine.busy_loops(busy_loops):
        reference = run_trials(beside)
        played = play(config, logs, lambda done: status.update(f"over DDS: {done} of {trials} trials"))
    results = played["results"]
    test = compare_goals(results.goals, reference.goals, alpha, seed)
    in_time = all(kept_up(found) for found in played["graphs"])
    report = {
        **summarize(results),
        "in_process": summarize(reference),
        "comparison": test,
        "graphs": played["graphs"],
        "kept_up": in_time,
        "busy_loops": busy_loops,
        "protocol": described(protocol),
    }
    for name, found in (("over DDS", report), ("in one process", report["in_process"])):
        figures = f"{found['mean']:.2f} ± {found['std']:.2f} goals in a row, median {found['median']:g}"
        print(f"{name:14} {figures}: {found['trials']}; ends {found['ends']}")
    low, high = test["difference_interval_95"]
    print(f"difference {test['difference']:.2f} ({low:.2f} … {high:.2f})")
    verdict = "not told apart" if test["same"] else "DIFFERENT"
    print(f"{test['test']}: p = {test['mann_whitney_p']:.3f}, at alpha = {alpha:g} {verdict}")
    for found in played["graphs"]:
        print(f"graph: real-time factor {found['real_time_factor']}, {found['holds']} holds of the controller")
    if not in_time:
        print("NO VERDICT: a graph did not keep its time, or its controller held; the machine is too busy")
    if json is not None:
        write_json(json, report)
    return 2 if not in_time else int(not test["same"])
