"""`inhand bench graph`: what the whole graph costs, and what a busy machine does to it."""

from __future__ import annotations

import json as json_format
import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inhand_bringup.sim import SUMMARY_VARIABLE
from inhand_core.files import write_whole
from inhand_core.machine import busy_loops, descendants, load, marked, name_of, read_usage, shares, used_by_all

LOOK_S, START_S, END_S = 0.5, 300.0, 30.0
SLOWEST = 0.02
"""Real-time factor below which a run is given up."""
LAUNCH, MONITOR = "ros2 launch", "monitor_node"
FIGURES = (
    "real_time_factor",
    "goals_a_minute",
    "holds",
    "zero_torques",
    "interrupted",
    "marker_to_motor_p50_ms",
    "marker_to_motor_p99_ms",
    "policy_period_p50_ms",
    "policy_period_p99_ms",
)


@dataclass
class Run:
    """One run of the graph.

    Attributes:
        loops: busy loops beside it.
        summary: the monitor's.
        cores: that each node has used, in cores, from the first action on.
        others: cores that were used by neither graph nor loops.
    """

    loops: int
    summary: dict[str, Any]
    cores: dict[str, float] = field(default_factory=dict)
    others: float = 0.0

    def figures(self) -> dict[str, float | None]:
        """What the table shows, by name; goals a minute are goals a minute of simulated time."""
        summary = self.summary
        motor, period = summary["marker_to_motor_ms"], summary["policy_period_ms"]
        ends = summary["trials_by_end"]
        values = (
            summary["real_time_factor"],
            summary["goals"] / max(summary["duration_s"] / 60.0, 1e-9),
            summary["holds"],
            summary["zero_torques"],
            ends["interrupted"] + ends["overloaded"],
            motor["p50"],
            motor["p99"],
            period["p50"],
            period["p99"],
        )
        return {**dict(zip(FIGURES, values, strict=True)), "cores": sum(self.cores.values())}


def graph(
    seconds: float = 60.0,
    loops: tuple[int, ...] = (0, 2, 4),
    cores: int = 2,
    repeats: int = 1,
    arguments: tuple[str, ...] = ("console:=false",),
    json: Path | None = None,
) -> int:
    """Run the simulated graph alone and beside busy loops, and print what it costs and how it fares.

    Prints CPU time of each node, latencies, holds, interrupted trials, goals and the real-time factor, as Markdown.
    Figures of runs beside which others used the machine are marked.

    Args:
        seconds: simulated time of each run, from its first action on.
        loops: busy loops beside the graph, one number a condition.
        cores: that graph and loops share.
        repeats: runs of each condition, in turns; medians are printed.
        arguments: of sim.launch.xml.
        json: file for all that was measured.
    """
    usable = sorted(os.sched_getaffinity(0))
    if not 1 <= cores <= len(usable):
        raise ValueError(f"cores must be in 1 … {len(usable)}, which may be used here, are {cores}")
    if seconds <= 0.0 or repeats < 1 or not loops or min(loops) < 0:
        raise ValueError(f"seconds, repeats and loops must be above 0 (loops: or 0), are {seconds}, {repeats}, {loops}")
    if shutil.which("ros2") is None:
        raise RuntimeError("the graph of nodes needs ROS: no `ros2` on the path (source setup.bash)")
    runs: dict[int, list[Run]] = {count: [] for count in loops}
    for repeat in range(repeats):
        for count in loops:
            runs[count].append(run := measure(seconds, count, usable[:cores], (f"seed:={repeat}", *arguments)))
            print(json_format.dumps({"loops": count, "seed": repeat, **run.figures()}), flush=True)
    print(report(runs, seconds, cores))
    if json is not None:
        rows = [vars(run) for measured in runs.values() for run in measured]
        write_whole(json, json_format.dumps({"cores": cores, "seconds": seconds, "runs": rows}, indent=1) + "\n")
    return 0


def measure(seconds: float, loops: int, cores: list[int], arguments: tuple[str, ...]) -> Run:
    """One run of the graph on `cores`, beside busy loops.

    Raises:
        RuntimeError: it did not start, or end; with the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="inhand_bench_graph_") as name, busy_loops(loops, cores) as busy:
        summary, log = Path(name) / "summary.json", Path(name) / "launch.log"
        environment = {**os.environ, SUMMARY_VARIABLE: str(summary), "PYTHONUNBUFFERED": "1"}
        environment["ROS_DOMAIN_ID"] = str(random.SystemRandom().randint(21, 100))
        command = [*LAUNCH.split(), "inhand_bringup", "sim.launch.xml", f"duration:={seconds}", *arguments]
        pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
        with log.open("w") as out:
            launch = subprocess.Popen(
                pinned, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            used, others = _watch(launch, log, busy, START_S, seconds / SLOWEST)
        finally:
            _end(launch)
        if not summary.exists():
            raise RuntimeError(f"the graph left no summary; the end of its log:\n{log.read_text()[-3000:]}")
        return Run(loops, json_format.loads(summary.read_text()), used, others)


def _watch(
    launch: subprocess.Popen, log: Path, busy: list[int], start_s: float, run_s: float
) -> tuple[dict[str, float], float]:
    """Cores that each node uses from the first action until the launch ends, and cores that others use."""
    limit = time.monotonic() + start_s
    while "first action" not in log.read_text(errors="replace"):
        if launch.poll() is not None or time.monotonic() > limit:
            raise RuntimeError(f"the graph did not start; the end of its log:\n{log.read_text()[-3000:]}")
        time.sleep(LOOK_S)
    before, all_before = read_usage(descendants(launch.pid)), used_by_all()
    loops_before = read_usage(busy)
    after, all_after, loops_after = before, all_before, loops_before
    names: dict[int, str] = {}
    limit = time.monotonic() + run_s
    while launch.poll() is None:
        if time.monotonic() > limit:
            raise RuntimeError(f"the graph did not end; the end of its log:\n{log.read_text()[-3000:]}")
        now = read_usage(descendants(launch.pid))
        found = {pid: name_of(pid) for pid in now.seconds}
        if MONITOR in found.values():  # it ends first, and by that all the others
            after, all_after, loops_after, names = now, used_by_all(), read_usage(busy), names | found
        time.sleep(LOOK_S)
    own, loops = shares(before, after), shares(loops_before, loops_after)
    elapsed = max(after.read_s - before.read_s, 1e-9)
    others = (all_after - all_before) / elapsed - sum(own.values()) - sum(loops.values())
    return by_name(own, names), max(others, 0.0)


def by_name(used: dict[int, float], names: dict[int, str]) -> dict[str, float]:
    """Cores by program, from cores by process."""
    found: dict[str, float] = {}
    for pid, cores in used.items():
        name = names.get(pid, str(pid))
        found[name] = found.get(name, 0.0) + cores
    return found


def _end(launch: subprocess.Popen) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        if launch.poll() is None:
            os.killpg(launch.pid, number)
            try:
                launch.wait(END_S)
            except subprocess.TimeoutExpired:
                continue
    launch.wait()


def report(runs: dict[int, list[Run]], seconds: float, cores: int) -> str:
    """The tables, Markdown; medians of each condition's runs."""
    titles = ["", *(f"{count} busy loops" if count else "alone" for count in runs)]
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]

    def line(name: str, values: list[str]) -> None:
        lines.append(f"| {' | '.join([name, *values])} |")

    def medians(key: str, form: str) -> list[str]:
        cells = []
        for measured in runs.values():
            known = [value for run in measured if (value := run.figures()[key]) is not None]
            cells.append(form.format(statistics.median(known)) if len(known) == len(measured) else "none")
        return cells

    for key, name, form in (
        ("real_time_factor", "real-time factor", "{:.2f}"),
        ("goals_a_minute", "goals a simulated minute", "{:.1f}"),
        ("holds", "holds", "{:g}"),
        ("zero_torques", "zero torques", "{:g}"),
        ("interrupted", "interrupted trials", "{:g}"),
    ):
        line(name, medians(key, form))
    for key, name in (("marker_to_motor", "marker to motor"), ("policy_period", "policy period")):
        ends = zip(medians(f"{key}_p50_ms", "{:.1f}"), medians(f"{key}_p99_ms", "{:.1f}"), strict=True)
        line(f"{name}, wall, p50 / p99", [f"{low} / {high} ms" for low, high in ends])
    line("all nodes [cores]", medians("cores", "{:.2f}"))
    programs = sorted({name for measured in runs.values() for run in measured for name in run.cores})
    for program in programs:
        used = [[run.cores.get(program, 0.0) for run in measured] for measured in runs.values()]
        if max(map(max, used)) >= 0.005:
            line(f"… {program}", [f"{statistics.median(values):.2f}" for values in used])
    others = [max(run.others for run in measured) for measured in runs.values()]
    line("others, not of this bench [cores]", [f"{value:.2f}" for value in others])
    text = f"{seconds:g} simulated seconds a run on {cores} cores, load {load():.1f}\n\n" + "\n".join(lines)
    mark = marked(max(others), cores)
    return f"{text}\n\n{mark}" if mark else text
