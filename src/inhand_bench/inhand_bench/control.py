"""`inhand bench control`: how long a step takes, and how late the loop wakes up under load."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

ROUNDS = 3  # of each scheduler, in turn: a busy minute of the machine meets both


def control(seconds: float = 10.0, steps: int = 200_000, busy: int = 0) -> int:
    """Time the low-level controller: step time, and wake-up lateness under FIFO and the default scheduler.

    Args:
        seconds: time of each of the six runs of the loop.
        steps: number of timed steps.
        busy: spinning threads beside the loop; 0: one for each core.
    """
    burners = busy or len(os.sched_getaffinity(0))
    step = _run("step", str(steps))
    print(f"step: p50 {step['p50_us']:.2f} µs, p99 {step['p99_us']:.2f} µs over {steps} steps", flush=True)

    runs: dict[str, list[dict]] = {"fifo": [], "default": []}
    for _ in range(ROUNDS):
        for scheduler, results in runs.items():
            results.append(_run("wake", scheduler, str(seconds), str(burners)))
    print(f"wake-up lateness at 200 Hz, {burners} busy threads, median of {ROUNDS} runs of {seconds:g} s:")
    medians = {name: {key: _median(results, key) for key in ("p50_us", "p99_us")} for name, results in runs.items()}
    for name, values in medians.items():
        print(f"  {name:8} p50 {values['p50_us']:9.1f} µs   p99 {values['p99_us']:9.1f} µs")
    if not all(result["granted"] for result in runs["fifo"]):
        print("  SCHED_FIFO was denied: both rows are the default scheduler; see `ulimit -r` or run as root")
        return 0
    ratios = [d["p99_us"] / f["p99_us"] for f, d in zip(runs["fifo"], runs["default"], strict=True)]
    print(f"  default / fifo at p99: {statistics.median(ratios):.1f}x")
    return 0


def _median(results: list[dict], key: str) -> float:
    return statistics.median(result[key] for result in results)


def _run(*words: str) -> dict:
    command = [str(_executable()), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _executable() -> Path:
    """Path of control_bench, installed beside the node.

    Raises:
        FileNotFoundError: the package is not built; the message says where it was looked for.
    """
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    looked = [prefix / "lib/inhand_control/control_bench" for prefix in prefixes]
    for path in looked:
        if path.is_file():
            return path
    raise FileNotFoundError(f"control_bench is not built (`make build`); looked for {[str(p) for p in looked]}")
