"""A process of the peer in `inhand bench env`; runs in a virtual environment of its own, without this project.

Prints a line when ready. For each line "gym <seconds>" on stdin it steps its world with random actions for so
long and prints simulated seconds per wall second.
"""

import contextlib
import io
import sys
import time

import gymnasium

with contextlib.redirect_stderr(io.StringIO()):  # advice about other environments
    import gymnasium_robotics

if __name__ == "__main__":
    gymnasium.register_envs(gymnasium_robotics)
    world = gymnasium.make("HandManipulateBlockRotateXYZ-v1")
    world.reset(seed=0)
    step = world.unwrapped.dt
    print("ready", flush=True)
    for line in sys.stdin:
        start, steps, seconds = time.perf_counter(), 0, float(line.split()[1])
        while time.perf_counter() - start < seconds:
            *_, terminated, truncated, _ = world.step(world.action_space.sample())
            steps += 1
            if terminated or truncated:
                world.reset()
        print(steps * step / (time.perf_counter() - start), flush=True)
