"""`inhand train policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def policy(
    config: Path,
    run: Path | None = None,
    seed: int | None = None,
    ranks: int | None = None,
    phase: str | None = None,
    weights: Path | None = None,
    workers: int | None = None,
    cluster: str = "",
) -> None:
    """Trains a policy by the recipe of a configuration file; goes on where an interrupted run stopped.

    Args:
        config: a file such as config/training/block.yaml.
        run: folder of the run; default runs/<name of the file>.
        seed: in place of the file's.
        ranks: data-parallel processes in place of the file's number; 0: one a core.
        phase: run this phase alone.
        workers: rollout workers under Ray, which gather the experience of PPO phases in place of the ranks, one core
            each; the ranks are the optimisers then.
        cluster: address of the Ray cluster with the workers' machines, or "auto"; empty: this machine's cores.
        weights: where the policy of the last phase is written; default <run>/policy.safetensors.
    """
    from inhand_core.config import ConfigError
    from inhand_training.config import load_training
    from inhand_training.export import export_run
    from inhand_training.run import train

    given: dict[str, Any] = {"seed": seed, "ranks": ranks}
    if workers is not None:
        given["rapid"] = {"workers": workers, "address": cluster}
    elif cluster:
        raise ConfigError("--cluster names where rollout workers run: give their number with --workers")
    training = load_training(config, {key: value for key, value in given.items() if value is not None})
    folder = run or Path("runs") / config.stem
    train(training, folder, phase)
    if export_run(training, folder, str(config), weights or folder / "policy.safetensors", phase):
        print(f"{weights or folder / 'policy.safetensors'}: written")
