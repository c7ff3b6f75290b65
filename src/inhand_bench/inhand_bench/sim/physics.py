"""`inhand bench physics`: the training environment on a GPU against the CPU's threads."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # MuJoCo takes a second to import, and the command line reads this file for its help
    from inhand_core.graph import InProcessGraph
    from inhand_sim.training import TrainingSim

POSITION, VELOCITY = 2e-5, 1e-2
"""Most by which joints [rad], object [m] and their velocities [1/s] differ after one physics step from equal states."""
CONVERGED = {"iterations": 100, "ls_iterations": 50}
"""Limits of the solver that it does not reach: where it stops early, the two kinds stop at different places."""
STEP = 0.080


def physics(
    device: str = "cuda",
    batch: int = 4096,
    cpu_batch: int = 512,
    seconds: float = 3.0,
    repeats: int = 5,
    randomization: str = "all",
) -> int:
    """Time the training environment with `physics: warp` against `physics: cpu`: simulated seconds per wall second.

    First both physics are stepped from equal states and compared. Then the environment on the device, the device's
    physics alone (with its transfers), and the environment on all of the CPU's threads take turns; figures are medians.

    Args:
        device: Warp's name of the device, such as "cuda" or "cpu".
        batch: number of worlds on the device.
        cpu_batch: number of worlds on the CPU.
        seconds: length of a turn.
        repeats: number of turns of each.
        randomization: "all", "none" or groups of config/randomization.yaml.
    """
    from inhand_bench.sim.worker import Driver, rate

    check_agreement(device)
    gpu, cpu = environment("warp", device, batch, randomization), environment("cpu", device, cpu_batch, randomization)
    sim = gpu.component("sim")

    def alone() -> float:
        sim.worlds.step(nstep=sim.config.substeps)
        return batch * STEP

    runs = {
        f"environment, {batch} worlds on {device}": Driver(gpu).step,
        f"physics alone, {batch} worlds on {device}": alone,
        f"environment, {cpu_batch} worlds on the CPU's threads": Driver(cpu).step,
    }
    for step in runs.values():  # compiles, and records what is replayed
        step()
        step()
    turns = [{name: rate(step, seconds) for name, step in runs.items()} for _ in range(repeats)]
    print(f"simulated seconds per wall second (steps of {1e3 * STEP:g} ms a second), median of {repeats} turns:")
    for name in runs:
        median = statistics.median(turn[name] for turn in turns)
        print(f"  {name:54} {median:10.1f}  ({median / STEP:.0f})")
    return 0


def environment(
    kind: str, device: str, batch: int, randomization: str, changes: Mapping[str, Any] | None = None
) -> InProcessGraph:
    """The training profile without its policy, its simulator on `kind` of physics and otherwise changed."""
    from inhand_core.config import read_yaml
    from inhand_core.graph import InProcessGraph, load_graph
    from inhand_core.paths import config_file

    room = {**read_yaml(config_file("training_sim"))["warp"], "device": device}
    overrides = {"sim": {"physics": kind, "warp": room, **(changes or {})}}
    components = ["sim", "tracker", "goal", "smoother"]
    return InProcessGraph(load_graph("training"), batch, 0, randomization, overrides, components)


def check_agreement(device: str, batch: int = 32, steps: int = 8) -> None:
    """Steps both kinds of physics from the same states, in worlds that are randomised once: no trial ends here.

    Raises:
        RuntimeError: they differ by more than single precision explains, and timing them would compare nothing.
    """
    from inhand_core.signals import HandAction

    kinds = ("cpu", "warp")
    cpu, gpu = (environment(kind, device, batch, "physics", CONVERGED).component("sim") for kind in kinds)
    found, none = [], np.full((batch, 20), -1)
    for action in np.random.default_rng(0).uniform(-1.0, 1.0, (steps, batch, 20)):
        cpu.step({"action": HandAction(action, none, np.zeros(batch, int))}, STEP)
        found.append(difference(cpu, gpu, 1))
    position, velocity = np.max(found, axis=(0, 2))
    if position > POSITION or velocity > VELOCITY:
        raise RuntimeError(f"after one step positions differ by {position:.1e} and velocities by {velocity:.1e}")
    print(f"after one physics step from equal states, at most: positions {position:.1e}, velocities {velocity:.1e}")


def difference(reference: TrainingSim, other: TrainingSim, steps: int) -> np.ndarray:
    """(2, B) largest differences of position and velocity in each world after physics steps from reference's states.

    The reference's states are put back.

    Raises:
        ValueError: the simulators' episodes have different draws, so that their worlds are not the same.
    """
    if not np.array_equal(reference.state.draw.mass, other.state.draw.mass):
        raise ValueError("the simulators have different worlds: one of them was reset")
    start = reference.worlds.state.copy()
    other.worlds.state[:] = start
    if (timestep := reference.worlds.expanded("opt.timestep")) is not None:
        other.worlds.expand("opt.timestep")[:] = timestep
    for sim in (reference, other):
        sim.worlds.step(nstep=steps)
    pairs = [(reference.worlds.bind(name), other.worlds.bind(name)) for name in ("qpos", "qvel")]
    found = np.array([np.abs(a - b).max(axis=1) for a, b in pairs])
    reference.worlds.state[:] = start
    return found
