"""`inhand bench network`: the graph split over two hosts with a bad network between them."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inhand_bench.network.hosts import TwoHosts
from inhand_interfaces.msg import ControllerStatus

DOMAIN = 19  # in namespaces of its own it meets nobody
START_LIMIT_S = 120.0
CUT_S = 2.0
TITLES = (
    "frames lost, delay, each way",
    "goals",
    "drops",
    "holds",
    "policy period p50 / p99",
    "marker to motor p50 / p99",
    "holds after a cut",
    "runs again after it",
)
"""Columns of the table that the bench ends with."""
REPORT_S = 0.1  # period of controller/status: what the times to hold and to resume are known by


@dataclass(frozen=True)
class Report:
    """One report of the controller: when it came (`time.monotonic` [s]), its mode, its holds so far."""

    time: float
    mode: int
    holds: int


class Split:
    """The simulated graph on two hosts: all but the policy on one, the policy on the other.

    Args:
        hosts: where it runs.
        folder: for logs and the summary.
        seconds: how long it runs from the first action on; 0: until it is closed.
        arguments: more arguments of sim.launch.xml, for both hosts.
    """

    def __init__(self, hosts: TwoHosts, folder: Path, seconds: float = 0.0, arguments: tuple[str, ...] = ()) -> None:
        self.hosts, self._folder = hosts, folder
        launch = ["ros2", "launch", "inhand_bringup", "sim.launch.xml", "console:=false", *arguments]
        watch = [sys.executable, "-m", "inhand_bench.network.watch_modes"]
        summary = {"INHAND_SUMMARY_FILE": str(folder / "summary.json")}
        hand = [*launch, "host:=hand", f"duration:={seconds:.1f}"]
        hosts.hand.start(watch, folder / "modes.log")
        self._hand = hosts.hand.start(hand, folder / "hand.log", **summary)
        self._policy = hosts.policy.start([*launch, "host:=policy"], folder / "policy.log")

    def reports(self) -> list[Report]:
        """All reports of the controller so far."""
        path = self._folder / "modes.log"
        lines = [line.split() for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
        found = []
        for words in lines:
            with contextlib.suppress(ValueError):  # a warning of the middleware among them
                found.append(Report(float(words[0]), *map(int, words[1:])))
        return found

    def wait_for_mode(self, mode: int, since: float, limit_s: float) -> float:
        """Waits for a report of this mode after `since`, and returns when it came, both by `time.monotonic` [s].

        Raises:
            RuntimeError: none came in `limit_s`, or before a launch ended; with the ends of the logs.
        """
        end = time.monotonic() + limit_s
        while time.monotonic() < end and self._hand.poll() is None and self._policy.poll() is None:
            for report in self.reports():
                if report.time > since and report.mode == mode:
                    return report.time
            time.sleep(REPORT_S / 2)
        logs = "\n".join((self._folder / f"{name}.log").read_text()[-2000:] for name in ("hand", "policy"))
        raise RuntimeError(f"the controller was not in mode {mode} within {limit_s:g} s, or a launch ended\n{logs}")

    def cut(self, seconds: float = CUT_S) -> tuple[float, float]:
        """Cuts the wire for a while; returns the times until the controller held, and until it ran again [s].

        Raises:
            RuntimeError: it did not hold, or did not run again.
        """
        before = self.hosts.link.loss
        start = time.monotonic()
        self.hosts.link.loss = 1.0
        try:
            held = self.wait_for_mode(ControllerStatus.HOLD, start, seconds + 5.0) - start
            time.sleep(max(0.0, start + seconds - time.monotonic()))
        finally:
            self.hosts.link.loss = before
        back = time.monotonic()
        return held, self.wait_for_mode(ControllerStatus.RUNNING, back, 30.0) - back

    def summary(self, limit_s: float) -> dict[str, Any]:
        """Waits for the end of a run with a duration and returns what its monitor counted.

        Raises:
            RuntimeError: it did not end well.
        """
        code = self._hand.wait(limit_s)
        path = self._folder / "summary.json"
        if code != 0 or not path.exists():
            log = (self._folder / "hand.log").read_text()[-3000:]
            raise RuntimeError(f"the launch beside the hand ended with code {code}\n{log}")
        return json.loads(path.read_text())


def network(
    loss: tuple[float, ...] = (0.0, 0.05),
    delay_ms: tuple[float, ...] = (0.0, 20.0),
    seconds: float = 60.0,
    cuts: int = 3,
    repeats: int = 3,
    arguments: tuple[str, ...] = (),
) -> int:
    """Run the graph on two hosts, network namespaces joined by a lossy wire; needs root.

    Prints a line of JSON for each pair of loss and delay and each repeat, in turns, and last a Markdown table of the
    medians: goals, holds and latencies of an undisturbed run, then how long the controller took to hold when the wire
    was cut for 2 s, and to run again (known to 0.1 s, its reports' period).

    Args:
        loss: probability that a frame is lost, each way; one value a condition.
        delay_ms: time that a frame is under way, one way [ms]; one value a condition.
        seconds: length of each undisturbed run.
        cuts: how often the wire is cut in each row; the times are medians.
        repeats: runs of each condition; their seeds are 0, 1, …
        arguments: more arguments of sim.launch.xml, such as randomization:=all.
    """
    if len(loss) != len(delay_ms):
        raise ValueError(f"{len(loss)} values of loss, but {len(delay_ms)} of delay: give one of each a condition")
    if bad := [value for value in loss if not 0 <= value < 1]:
        raise ValueError(f"loss {bad[0]} is not in 0 … 1")
    if min(repeats, cuts) < 1:
        raise ValueError(f"repeats and cuts must be at least 1, are {repeats} and {cuts}")
    rows: dict[tuple[float, float], list[dict[str, Any]]] = {}
    for repeat in range(repeats):
        for condition in zip(loss, delay_ms, strict=True):
            measured = row(*condition, seconds, cuts, (f"seed:={repeat}", *arguments))
            rows.setdefault(condition, []).append(measured)
            print(json.dumps(measured), flush=True)
    medians = [{key: median([run[key] for run in measured]) for key in measured[0]} for measured in rows.values()]
    loads = ", ".join(f"{measured['load']:g}" for measured in medians)
    print(f"\nmedians of {repeats} runs of {seconds:g} s, load of the machine in each row: {loads}\n\n{table(medians)}")
    return 0


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows, keys as in `row`, as a Markdown table; "none" where nothing was measured."""

    def pair(times: dict[str, float | None]) -> str:
        ends = (times["p50"], times["p99"])
        return "none" if None in ends else f"{ends[0]:.1f} / {ends[1]:.1f} ms"

    lines = [TITLES, ("---",) * len(TITLES)]
    lines += [
        (
            f"{measured['loss'] * 100:g} %, {measured['delay_ms']:g} ms",
            *(f"{measured[key]:g}" for key in ("goals", "drops", "holds")),
            pair(measured["policy_period_ms"]),
            pair(measured["marker_to_motor_ms"]),
            *(f"{measured[key]:.2f} s" for key in ("hold_after_s", "resume_after_s")),
        )
        for measured in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def median(values: list[Any]) -> Any:
    """Return the median of numbers; of mappings, that of each key; None where one of the values is None."""
    if isinstance(values[0], dict):
        return {key: median([value[key] for value in values]) for key in values[0]}
    return None if None in values else statistics.median(values)


def row(loss: float, delay_ms: float, seconds: float, cuts: int, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Measures one condition; keys as printed."""
    with tempfile.TemporaryDirectory(prefix="inhand_network_") as name:
        (folder := Path(name) / "run").mkdir()
        with TwoHosts(DOMAIN, loss, delay_ms / 1e3) as hosts:
            summary = Split(hosts, folder, seconds, arguments).summary(START_LIMIT_S + seconds)
            link = hosts.link
            traffic = link.carried_bytes * 8e-6 / max(summary["duration_s"], 1e-9)
            share = link.lost / max(link.lost + link.carried, 1)
        (folder := Path(name) / "cuts").mkdir()
        with TwoHosts(DOMAIN, loss, delay_ms / 1e3) as hosts:
            split = Split(hosts, folder, arguments=arguments)
            split.wait_for_mode(ControllerStatus.RUNNING, 0.0, START_LIMIT_S)
            time.sleep(3.0)
            times = [split.cut() for _ in range(cuts)]
    kept = ("duration_s", "goals", "drops", "trials", "holds", "zero_torques", "real_time_factor", "lost_actions")
    return {
        "load": round(os.getloadavg()[0], 1),
        "loss": loss,
        "delay_ms": delay_ms,
        **{key: summary[key] for key in kept},
        "policy_period_ms": summary["policy_period_ms"],
        "marker_to_motor_ms": summary["marker_to_motor_ms"],
        "frames_lost": round(share, 4),
        "wire_mbit_s": round(traffic, 2),
        "cuts": cuts,
        "hold_after_s": round(statistics.median(held for held, _ in times), 2),
        "resume_after_s": round(statistics.median(again for _, again in times), 2),
    }
