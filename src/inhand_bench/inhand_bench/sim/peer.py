"""A process of the peer in `inhand bench env`; runs in a virtual environment of its own, without this project.

Usage: peer.py [worlds]. Without a number it steps one world; with one, that many worlds by gymnasium's
AsyncVectorEnv, each in a process of its own. Prints a line when ready. For each line "gym <seconds>" on stdin it steps
with random actions for this long and prints simulated seconds per wall second.
"""

import contextlib
import io
import sys
import time
from typing import Any

import gymnasium

with contextlib.redirect_stderr(io.StringIO()):  # advice about other environments
    import gymnasium_robotics

NAME = "HandManipulateBlockRotateXYZ-v1"
STEP = 0.040
"""Simulated time of one step [s]: 20 physics steps of 2 ms."""


def single():
    """A function that steps one world and returns the simulated time [s]."""
    world: Any = gymnasium.make(NAME)
    world.reset(seed=0)
    assert abs(world.unwrapped.dt - STEP) < 1e-9

    def step():
        *_, terminated, truncated, _ = world.step(world.action_space.sample())
        if terminated or truncated:
            world.reset()
        return STEP

    return step


def together(count):
    """A function that steps `count` worlds at once and returns the simulated time [s] of all."""
    worlds = gymnasium.make_vec(NAME, num_envs=count, vectorization_mode="async")
    worlds.reset(seed=0)

    def step():
        worlds.step(worlds.action_space.sample())
        return count * STEP

    return step


if __name__ == "__main__":
    gymnasium.register_envs(gymnasium_robotics)
    step = together(int(sys.argv[1])) if len(sys.argv) > 1 else single()
    print("ready", flush=True)
    for line in sys.stdin:
        start, simulated, seconds = time.perf_counter(), 0.0, float(line.split()[1])
        while time.perf_counter() - start < seconds:
            simulated += step()
        print(simulated / (time.perf_counter() - start), flush=True)
