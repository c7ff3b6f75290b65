"""`inhand bench env`: how fast the batched environment simulates, against a single-world one and bare physics."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

PEER = ("mujoco==3.3.7", "gymnasium-robotics==1.4.2", "gymnasium==1.2.0", "numpy==2.2.6")
"""The last MuJoCo that the peer's environments run with, and what was current beside it."""
PEER_WORLDS = 4
"""Worlds a core that the peer steps together: the number with which it is fastest."""


def env(batch: int = 2048, seconds: float = 3.0, repeats: int = 7, processes: int = 0, peer: bool = True) -> int:
    """Time the training environment with all randomisation: simulated seconds per wall second.

    Against (a) gymnasium-robotics' HandManipulateBlockRotateXYZ with MuJoCo 3.3.7, in a virtual environment of its own
    that is made when missing: many worlds stepped together, as gymnasium does it, and, as the most these cores can do,
    one world a core in loops that wait for nobody; and (b) bare Batch.step of the same model from the same states.
    Ours and (b) run in one process a core with one physics thread, as training does. All take turns; ratios are medians
    over the turns.

    Args:
        batch: number of worlds in all processes together.
        seconds: length of a turn.
        repeats: number of turns of each.
        processes: number of processes; 0: one a core.
        peer: run (a) as well.

    Raises:
        ValueError: there are fewer worlds than processes.
    """
    from inhand_bench.sim.worker import check_physics

    count = processes or len(os.sched_getaffinity(0))
    if batch < count:
        raise ValueError(f"batch {batch} must be at least the number of processes, {count}")
    check_physics()  # before all else; it also makes the start states that the workers share
    ours = Fleet([sys.executable, "-m", "inhand_bench.sim.worker", str(batch // count)], count)
    runs = {"env": (ours, "env"), "bare": (ours, "bare")}
    if peer:
        command = [peer_python(), "-I", str(Path(__file__).with_name("peer.py"))]
        runs["together"] = Fleet([*command, str(PEER_WORLDS * count)], 1), "gym"
        runs["alone"] = Fleet(command, count), "gym"
    turns = [{name: fleet.run(what, seconds) for name, (fleet, what) in runs.items()} for _ in range(repeats)]
    for fleet in {id(fleet): fleet for fleet, _ in runs.values()}.values():
        fleet.close()
    print(f"simulated seconds per wall second, {count} processes, median of {repeats} turns of {seconds:g} s:")
    _row(f"environment, {count} x {batch // count} worlds, all randomisation", turns, "env")
    _row("bare Batch.step of the same model", turns, "bare")
    if peer:
        _row(f"gymnasium-robotics, {PEER_WORLDS * count} worlds together (AsyncVectorEnv)", turns, "together")
        _row(f"gymnasium-robotics, {count} worlds alone (one loop a core)", turns, "alone")
    return 0


def _row(title: str, turns: list[dict[str, float]], name: str) -> None:
    """Prints a rate and how many times as fast the environment is."""
    median = statistics.median(turn[name] for turn in turns)
    ratio = statistics.median(turn["env"] / turn[name] for turn in turns)
    print(f"  {title:66} {median:6.0f}" + ("" if name == "env" else f"   environment {ratio:.2f}x"))


class Fleet:
    """`count` processes of one command, which answer "<what> <seconds>" with simulated seconds per wall second."""

    def __init__(self, command: list[str], count: int) -> None:
        variables = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONWARNINGS="ignore")
        self._command = " ".join(command)
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables)
            for _ in range(count)
        ]
        for process in self._processes:
            self._answer(process)

    def run(self, what: str, seconds: float) -> float:
        """Lets all processes run at once; returns simulated seconds per wall second of all together."""
        for process in self._processes:
            print(what, seconds, file=process.stdin, flush=True)
        return sum(float(self._answer(process)) for process in self._processes)

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()

    def _answer(self, process: subprocess.Popen) -> str:
        if process.stdout is None or not (line := process.stdout.readline()):
            raise RuntimeError(f"{self._command}: ended with code {process.wait()}")
        return line


def peer_python() -> str:
    """The interpreter of the peer's virtual environment, in the user's cache, made when it is missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "inhand" / f"peer-{PEER[0].replace('==', '-')}"
    python, done = folder / "bin/python", folder / "complete"
    if not done.exists():
        print(f"installing {', '.join(PEER)} into {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
        options = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([python, "-I", "-m", "pip", "install", *options, *PEER], check=True, env=variables)
        done.touch()
    return str(python)
