"""`inhand train policy | status | keep | networks`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # torch takes seconds to import, and the command line reads this file for its help
    from inhand_training.config import TrainingConfig


def policy(
    config: Path,
    run: Path | None = None,
    seed: int | None = None,
    ranks: int | None = None,
    phase: str | None = None,
    weights: Path | None = None,
    workers: int | None = None,
    cluster: str = "",
    background: bool = False,
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
        background: return at once; the training goes on at idle priority until it is through or stopped, and
            `inhand train status` says what it is at.
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
    if background:
        _start_in_background(training, folder)
        return
    train(training, folder, phase)
    if export_run(training, folder, str(config), weights or folder / "policy.safetensors", phase):
        print(f"{weights or folder / 'policy.safetensors'}: written")
    else:
        print(f"{folder}: stopped before the phase of the hand's policy; the same command goes on from here")


def _start_in_background(training: TrainingConfig, folder: Path) -> None:
    """Starts the same command line again, without --background, once the recipe is known to be right."""
    from inhand_training.background import LOG, start
    from inhand_training.sources import check_sources

    check_sources(training, folder)
    arguments = [argument for argument in sys.argv[1:] if argument != "--background"]
    if "--run" not in arguments:
        arguments += ["--run", str(folder)]
    process = start(arguments, folder)
    print(f"process {process} trains in {folder}; output in {folder / LOG}")
    print(f"inhand train status --run {folder}    what it is at; kill {process} stops it, the same command goes on")


def status(run: Path) -> None:
    """Says what a training is at: phase, rate, curve, and when it will be through.

    Args:
        run: its folder.
    """
    from inhand_training.status import report

    print("\n".join(report(run)))


def keep(run: Path, out: Path | None = None) -> None:
    """Writes what a run has learned into small files, one a phase, that another machine goes on from.

    Args:
        run: its folder.
        out: folder of the files; default the one that the recipe names as `kept`, from which the same recipe goes on.
    """
    from inhand_core.config import ConfigError
    from inhand_training.checkpoint import find_checkpoint
    from inhand_training.config import load_resolved
    from inhand_training.kept import keep as keep_phase
    from inhand_training.sources import RESOLVED

    training = load_resolved(run / RESOLVED)
    kept = out or training.kept
    if kept is None:
        raise ConfigError(f"{run / RESOLVED}: the recipe names no folder as `kept`; give one with --out")
    folder = Path(kept)
    phases = [phase.name for phase in training.phases if find_checkpoint(run / phase.name) is not None]
    if not phases:
        raise ConfigError(f"{run}: no phase with a checkpoint")
    for name in phases:
        file = folder / f"{name}.safetensors"
        steps = keep_phase(run / name, file)
        print(f"{file}: written, {steps} steps, {file.stat().st_size / 1e6:.1f} MB")


def networks(phase: Path, out: Path) -> None:
    """Writes the networks of a PPO phase, such as a teacher, into a file that recipes name in start_from and teacher.

    Args:
        phase: its folder, such as runs/block/informed.
        out: the file (.safetensors).
    """
    from inhand_core.config import ConfigError
    from inhand_training.checkpoint import find_checkpoint, handed_on, read_checkpoint
    from inhand_training.config import load_resolved
    from inhand_training.network_files import NetworksInfo, save_networks
    from inhand_training.sources import RESOLVED, source_phase

    if out.suffix != ".safetensors":
        raise ConfigError(f"{out}: the name of a networks file ends in .safetensors")
    run = load_resolved(phase.parent / RESOLVED)
    source, checkpoint = source_phase(run, phase.parent, phase.name), find_checkpoint(phase)
    if source.kind != "ppo":
        raise ConfigError(f"phase {phase.name!r} is of kind {source.kind!r}; the policy of its run is its weights file")
    if checkpoint is None:
        raise ConfigError(f"{phase}: no checkpoint of this phase")
    content = read_checkpoint(checkpoint, 0)
    revision = (phase.parent / "revision.txt").read_text().strip()
    save_networks(out, NetworksInfo(source, revision, run.seed, content["loop"][0]), handed_on(content))
    print(f"{out}: written, {content['loop'][0]} steps of phase {phase.name!r}")
