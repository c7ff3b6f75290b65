"""A process of `inhand bench env`: the batched environment, and bare physics of the same worlds.

Usage: python -m inhand_bench.sim.worker <worlds>. Prints a line when ready; for each line "env <seconds>" or
"bare <seconds>" on stdin it steps that one for this long and prints simulated seconds per wall second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from mujoco.batch import Batch

from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.signals import HandAction
from inhand_sim.hand import relative_target
from inhand_sim.training import TrainingSim

STEP = 0.080
"""Simulated time of one step [s]."""


def make_environment(batch: int, randomization: str) -> InProcessGraph:
    """The training profile without its policy: simulator, links, tracker, goals, smoother; one physics thread."""
    components = ["sim", "tracker", "goal", "smoother"]
    return InProcessGraph(load_graph("training"), batch, 0, randomization, {"sim": {"threads": 1}}, components)


class Driver:
    """Steps the environment with random actions in the policy's place."""

    def __init__(self, graph: InProcessGraph) -> None:
        self._graph, self._steps = graph, 0
        self._time = graph.component("sim").worlds.bind("time")
        bins = np.random.default_rng(0).integers(0, 11, (16, graph.batch, 20))
        self._actions = [HandAction(b / 5.0 - 1.0, b, np.zeros(graph.batch, np.int64)) for b in bins]

    def step(self) -> float:
        """80 ms in every world; the physics time [s] that all went through, with what the random timing adds.

        A world that starts a new episode stands still, with its time at 0.
        """
        before = self._time.copy()
        self._graph.publish("policy/action", self._actions[self._steps % len(self._actions)])
        self._graph.step()
        self._steps += 1
        return float(np.maximum(self._time - before, 0.0).sum())


class Bare:
    """Batch.step alone, on the nominal model, from the environment's states and with random targets."""

    def __init__(self, sim: TrainingSim) -> None:
        self._sim, self._steps = sim, 0
        self.worlds = Batch(sim.model, nsim=sim.batch, nthread=1)
        self._ctrl, self._qpos = self.worlds.bind("ctrl"), self.worlds.bind("qpos")
        self._targets = np.random.default_rng(0).uniform(-0.3, 0.3, (16, sim.batch, 20))

    def copy_states(self) -> None:
        """Puts the worlds where the environment's are, so that as much is in contact."""
        self.worlds.state[:] = self._sim.worlds.state
        self.worlds.bind("xfrc_applied")[:] = 0.0

    def step(self) -> float:
        """80 ms in every world, which it returns [s]; every 10th step begins at the environment's states again."""
        if self._steps % 10 == 0:
            self.copy_states()
        self.apply(self._targets[self._steps % len(self._targets)])
        self._steps += 1
        return self._sim.batch * STEP

    def apply(self, action: np.ndarray) -> None:
        """One step of 80 ms with the action (B, 20)."""
        self._ctrl[:] = relative_target(action, self._qpos[:, self._sim.layout.joint_qpos])
        self.worlds.step(nstep=self._sim.config.substeps)


def check_physics(batch: int = 8, steps: int = 4) -> None:
    """Without randomisation the environment is bare physics, bit for bit.

    Raises:
        RuntimeError: it is not, and the comparison would be void.
    """
    sim = make_environment(batch, "none").component("sim")
    bare = Bare(sim)
    sim.step({}, STEP)
    bare.copy_states()
    for action in np.random.default_rng(1).uniform(-1.0, 1.0, (steps, batch, 20)):
        bare.apply(action)
        sim.step({"action": HandAction(action, np.full((batch, 20), -1), np.zeros(batch, int))}, STEP)
    if not np.array_equal(bare.worlds.bind("qpos"), sim.worlds.bind("qpos")):
        raise RuntimeError("the environment's physics differs from bare Batch.step: timing them would compare nothing")


def rate(step: Callable[[], float], seconds: float) -> float:
    """Simulated seconds per wall second of calling `step`, which returns the former, for `seconds`."""
    start, simulated = time.perf_counter(), 0.0
    while (elapsed := time.perf_counter() - start) < seconds:
        simulated += step()
    return simulated / elapsed


def main(batch: int) -> None:
    """Answers the lines of stdin."""
    graph = make_environment(batch, "all")
    runs = {"env": Driver(graph).step, "bare": Bare(graph.component("sim")).step}
    for _ in range(25):
        runs["env"]()
    print("ready", flush=True)
    for line in sys.stdin:
        what, seconds = line.split()
        print(rate(runs[what], float(seconds)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
