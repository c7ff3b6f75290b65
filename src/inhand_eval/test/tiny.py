"""Recipes cut down so that a test trains them to their end in seconds."""

import dataclasses

from inhand_training.config import Until, load_training

STARTS = {"size": 4, "random_steps": 3, "smoothing": 0.3, "seed": 5}
ROWS, HORIZON = 8, 4


def tiny(path, updates=2, **changes):
    """A recipe with few rows, short sequences, a small pool of start states, and `updates` updates a phase."""
    training = load_training(path, {"ranks": 1, **changes})
    return dataclasses.replace(
        training, log_s=0.0, kept=None, phases=tuple(_tiny(phase, updates) for phase in training.phases)
    )


def _tiny(phase, updates):
    sim = {**phase.env.overrides.get("sim", {}), "start_states": STARTS}
    env = dataclasses.replace(phase.env, batch=ROWS, overrides={**phase.env.overrides, "sim": sim})
    parts = {}
    for name in ("ppo", "distill"):
        if (config := getattr(phase, name, None)) is not None:
            learns = {"warm_up": 0} if name == "ppo" else {}
            parts[name] = dataclasses.replace(config, horizon=HORIZON, **learns)
    return dataclasses.replace(phase, env=env, until=Until(steps=updates * ROWS * HORIZON), **parts)
