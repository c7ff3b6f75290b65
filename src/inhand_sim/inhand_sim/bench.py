"""`inhand bench env`: how fast the batched environment simulates, against a single-world one and bare physics."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mujoco.batch import Batch

from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.signals import HandAction
from inhand_sim.hand import relative_target
from inhand_sim.training import TrainingSim

PEER = ("mujoco==3.3.7", "gymnasium-robotics==1.4.2", "gymnasium==1.2.0", "numpy==2.2.6")
"""The last MuJoCo that the peer's environments run with, and what was current beside it."""
STEP = 0.080
"""Simulated time of one step [s]."""


def env(batch: int = 512, steps: int = 25, repeats: int = 9, threads: int = 0, peer: bool = True) -> int:
    """Time the training environment with all randomisation: simulated seconds per wall second.

    Against (a) gymnasium-robotics' HandManipulateBlockRotateXYZ, one process a core, with MuJoCo 3.3.7 in a virtual
    environment of its own, made when missing, and (b) bare Batch.step of the same model from the same states.
    All take turns; ratios are medians over the repeats.

    Args:
        batch: number of worlds.
        steps: steps of 80 ms in each repeat.
        repeats: number of turns.
        threads: physics threads and peer processes; 0: one a core.
        peer: run (a) as well.
    """
    count = threads or len(os.sched_getaffinity(0))
    graph = make_environment(batch, count, "all")
    bare = Bare(graph.component("sim"), count)
    check_physics(count)
    workers = Peer(count) if peer else None
    drive = Driver(graph)
    drive(25)
    bare(5)
    rows: list[tuple[float, float, float]] = []
    for _ in range(repeats):
        bare.copy_states()
        ours = batch * steps * STEP / timed(lambda: drive(steps))
        plain = batch * steps * STEP / timed(lambda: bare(steps))
        rows.append((ours, plain, workers.run(2.0) if workers else float("nan")))
    if workers:
        workers.close()
    _print(rows, batch, count)
    return 0


def make_environment(batch: int, threads: int, randomization: str) -> InProcessGraph:
    """The training profile without its policy: simulator, links, tracker, goals, smoother."""
    components = ["sim", "tracker", "goal", "smoother"]
    overrides = {"sim": {"threads": threads}}
    return InProcessGraph(load_graph("training"), batch, 0, randomization, overrides, components)


class Driver:
    """Steps the environment with random actions in the policy's place."""

    def __init__(self, graph: InProcessGraph) -> None:
        self._graph = graph
        bins = np.random.default_rng(0).integers(0, 11, (16, graph.batch, 20))
        self._actions = [HandAction(b / 5.0 - 1.0, b, np.zeros(graph.batch, np.int64)) for b in bins]

    def __call__(self, steps: int) -> None:
        """Runs `steps` steps of 80 ms in every world."""
        for k in range(steps):
            self._graph.publish("policy/action", self._actions[k % len(self._actions)])
            self._graph.step()


class Bare:
    """Batch.step alone, on the nominal model, from the environment's states and with random targets."""

    def __init__(self, sim: TrainingSim, threads: int) -> None:
        self._sim = sim
        self.worlds = Batch(sim.model, nsim=sim.batch, nthread=threads)
        self._targets = np.random.default_rng(0).uniform(-0.3, 0.3, (16, sim.batch, 20))
        self.copy_states()

    def copy_states(self) -> None:
        """Puts the worlds where the environment's are, so that as much is in contact."""
        self.worlds.state[:] = self._sim.worlds.state
        self.worlds.bind("xfrc_applied")[:] = 0.0

    def __call__(self, steps: int) -> None:
        """Runs `steps` steps of 80 ms in every world."""
        ctrl, qpos, joints = self.worlds.bind("ctrl"), self.worlds.bind("qpos"), self._sim.layout.joint_qpos
        for k in range(steps):
            ctrl[:] = relative_target(self._targets[k % len(self._targets)], qpos[:, joints])
            self.worlds.step(nstep=self._sim.config.substeps)


def check_physics(threads: int) -> None:
    """Without randomisation the environment is bare physics, bit for bit.

    Raises:
        RuntimeError: it is not, and the comparison would be void.
    """
    sim = make_environment(16, threads, "none").component("sim")
    bare = Bare(sim, threads)
    action = np.random.default_rng(1).uniform(-1, 1, (4, 16, 20))
    sim.step({}, STEP)
    bare.copy_states()
    for a in action:
        bare.worlds.bind("ctrl")[:] = relative_target(a, bare.worlds.bind("qpos")[:, sim.layout.joint_qpos])
        bare.worlds.step(nstep=sim.config.substeps)
        sim.step({"action": HandAction(a, np.full((16, 20), -1), np.zeros(16, int))}, STEP)
    if not np.array_equal(bare.worlds.bind("qpos"), sim.worlds.bind("qpos")):
        raise RuntimeError("the environment's physics differs from bare Batch.step; timing them would compare nothing")


class Peer:
    """gymnasium-robotics' environment, `count` processes, each stepping one world for as long as it is told."""

    def __init__(self, count: int) -> None:
        python = peer_python()
        worker = Path(__file__).with_name("bench_peer.py")
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._workers = [
            subprocess.Popen(
                [python, "-I", str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
            for _ in range(count)
        ]
        for process in self._workers:
            self._answer(process)

    def run(self, seconds: float) -> float:
        """Lets all processes step for `seconds`; returns simulated seconds per wall second of all together."""
        for process in self._workers:
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        return sum(float(self._answer(process)) for process in self._workers)

    def close(self) -> None:
        """Ends the processes."""
        for process in self._workers:
            process.stdin.close()
            process.wait()

    def _answer(self, process: subprocess.Popen) -> str:
        if not (line := process.stdout.readline()):
            raise RuntimeError(
                f"the peer's process ended with code {process.wait()}; remove {peer_folder()} to make it anew"
            )
        return line


def peer_folder() -> Path:
    """Where the peer's virtual environment is."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "inhand" / f"peer-{PEER[0].replace('==', '-')}"


def peer_python() -> str:
    """The interpreter of the peer's virtual environment, made from the package index when it is missing."""
    folder = peer_folder()
    python, done = folder / "bin/python", folder / "complete"
    if not done.exists():
        print(f"installing {', '.join(PEER)} into {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        options = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([python, "-m", "pip", "install", *options, *PEER], check=True)
        done.touch()
    return str(python)


def timed(run: Callable[[], None]) -> float:
    """Wall time of a call [s]."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _print(rows: list[tuple[float, float, float]], batch: int, count: int) -> None:
    ours, plain, peer = (np.median([row[i] for row in rows]) for i in range(3))
    print(f"simulated seconds per wall second, {count} threads, median of {len(rows)} turns:")
    print(f"  environment, {batch} worlds, all randomisation   {ours:8.0f}")
    print(f"  bare Batch.step of the same model               {plain:8.0f}")
    print(f"    environment / bare   {statistics.median(row[0] / row[1] for row in rows):.2f}x")
    if np.isfinite(peer):
        print(f"  gymnasium-robotics, {count} processes                {peer:8.0f}")
        print(f"    environment / gymnasium-robotics   {statistics.median(row[0] / row[2] for row in rows):.1f}x")


if __name__ == "__main__":
    sys.exit(env())
