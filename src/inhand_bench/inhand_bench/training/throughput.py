"""`inhand bench training`: environment steps a second of the whole of PPO, against bare physics on the same cores."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # torch takes seconds to import, and the command line reads this file for its help
    from inhand_training.config import TrainingConfig


def training(
    config: Path = Path("config/training/block.yaml"),
    phase: str = "informed",
    networks: Path = Path("weights/block_teacher.safetensors"),
    batch: int = 256,
    seconds: float = 40.0,
    repeats: int = 5,
    ranks: int = 0,
) -> int:
    """Time a recipe's PPO as it trains: rollouts under all randomisation in its whole range, and updates.

    Each turn trains again for this long, from networks that hold the object as a policy does in the midst of training,
    and then steps bare MuJoCo (Batch.step of the nominal model, from states of random actions) in as many processes.

    Args:
        config: the recipe.
        phase: one of its phases of kind "ppo".
        networks: what the phase begins with, as `inhand train networks` writes it.
        batch: worlds of each rank.
        seconds: length of a turn of each.
        repeats: number of turns.
        ranks: data-parallel processes; 0: one a core.
    """
    from inhand_bench.sim.commands import Fleet
    from inhand_bench.sim.worker import STEP, check_physics
    from inhand_training.config import load_training
    from inhand_training.run import train
    from inhand_training.runlog import log_entries

    check_physics()  # before all else; it also makes the start states that the ranks share
    count = ranks or len(os.sched_getaffinity(0))
    run = throughput_run(load_training(config, {"ranks": count}), phase, str(networks), batch, seconds / 60.0)
    bare = Fleet([sys.executable, "-m", "inhand_bench.sim.worker", str(batch)], count)
    turns = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="inhand_bench_training_") as folder:
            train(run, Path(folder), phase)
            last = log_entries(Path(folder) / phase)[-1]
        turns.append((last["steps_per_s"], bare.run("bare", seconds / 4.0) / STEP, last["rollout_share"]))
    bare.close()
    ppo, physics, share = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(turn[0] / turn[1] for turn in turns)
    print(f"{count} ranks of {batch} worlds, all randomisation, median of {repeats} turns of {seconds:g} s:")
    print(f"  whole PPO            {ppo:7.0f} environment steps of 80 ms a second {[round(turn[0]) for turn in turns]}")
    print(f"  bare Batch.step      {physics:7.0f}")
    print(f"  PPO against bare     {ratio:7.2f}x, {100 * share:.0f} % of its time in rollouts")
    return 0


def throughput_run(training: TrainingConfig, phase: str, networks: str, batch: int, minutes: float) -> TrainingConfig:
    """The recipe cut to one phase of this many minutes under all randomisation, at its whole range from the start.

    Raises:
        ConfigError: there is no such phase, or it is not one of PPO.
    """
    from inhand_core.config import ConfigError
    from inhand_training.config import Until

    known = {one.name: one for one in training.phases if one.kind == "ppo"}
    if phase not in known:
        raise ConfigError(f"unknown phase of kind 'ppo' {phase!r}; known {list(known)}")
    one = known[phase]
    whole = replace(one.env.scale, first_scale=1.0, uniform=0.0)
    anywhere = replace(one.env.goals, first_angle=3.2)  # beyond pi: any orientation
    env = replace(one.env, batch=batch, randomization="all", scale=whole, goals=anywhere)
    return replace(
        training,
        log_s=1e6,  # the first line and the last
        checkpoint_s=1e9,
        phases=(replace(one, env=env, until=Until(minutes=minutes), start_from=networks),),
    )
