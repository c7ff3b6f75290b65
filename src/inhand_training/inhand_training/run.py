"""A run: its ranks as processes, its phases one after another, resumable at any point."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from inhand_core.config import ConfigError
from inhand_training.actor_critic import ActorCritic
from inhand_training.background import alone
from inhand_training.config import Phase, PpoPhase, TrainingConfig
from inhand_training.distributions import N_BINS
from inhand_training.env import VectorEnv
from inhand_training.graph_env import GraphEnv, group_sizes
from inhand_training.kept import kept_folder, unpack
from inhand_training.networks import Network, NetworkConfig
from inhand_training.phases import DistillLearner, Learner, PhaseLoop, PpoLearner
from inhand_training.ranks import Ranks, StopRequest, spawn_ranks
from inhand_training.runlog import write_provenance
from inhand_training.sources import begin_with, check_sources, source_phase, source_tensors


def train(config: TrainingConfig, folder: Path, only: str | None = None) -> None:
    """Runs, or goes on with, the phases of a run.

    Args:
        config: the run; written beside its results.
        folder: of the run; phases that are finished there are left alone.
        only: run this phase alone.

    Raises:
        ConfigError: there is no phase `only`, a file that a phase starts from is not there or does not fit, or another
            process trains in the folder.
    """
    names = [phase.name for phase in config.phases]
    if only is not None and only not in names:
        raise ConfigError(f"unknown phase {only!r}; known {names}")
    check_sources(config, folder)
    with alone(folder):
        _run(config, folder, only)


def _run(config: TrainingConfig, folder: Path, only: str | None) -> None:
    """Runs the phases, once all is known to be right and nobody else is at it."""
    write_provenance(folder, config)
    if config.kept:
        for phase in config.phases:
            if unpack(kept_folder(config.kept) / f"{phase.name}.safetensors", folder / phase.name):
                print(f"{phase.name}: goes on from {config.kept}/{phase.name}.safetensors", flush=True)
    if config.rapid:
        config = _with_cluster(config)
    size = config.ranks or max(1, os.cpu_count() or 1)
    if size == 1:
        _run_rank(0, 1, None, config, folder, only)
        return
    spawn_ranks(_run_rank, size, config, folder, only)


def _run_rank(rank: int, size: int, store: str | None, config: TrainingConfig, folder: Path, only: str | None) -> None:
    torch.set_num_threads(1)
    ranks = Ranks(rank, size, store)
    try:
        run_phases(config, folder, ranks, StopRequest(speaks=ranks.is_first), only)
    finally:
        ranks.close()


def run_phases(
    config: TrainingConfig, folder: Path, ranks: Ranks, stop: Callable[[], bool], only: str | None = None
) -> None:
    """The phases on one rank, until any rank is asked to stop: one that went on alone would wait for ever."""
    for index, phase in enumerate(config.phases):
        if (only is None or phase.name == only) and not ranks.any(stop()):
            run_phase(index, phase, config, folder, ranks, stop)


def run_phase(
    index: int, phase: Phase, config: TrainingConfig, folder: Path, ranks: Ranks, stop: Callable[[], bool]
) -> None:
    """One phase on one rank."""
    title = f"phase {index + 1} of {len(config.phases)}, {phase.name}"
    say = print if ranks.is_first else _silent
    say(f"{title}: builds worlds and networks", flush=True)
    seed = config.seed * 1_000_003 + index * 1009 + ranks.rank
    torch.manual_seed(seed)
    with contextlib.ExitStack() as stack:
        if config.rapid and phase.kind == "ppo":
            from inhand_training.rapid.cluster import rapid_learner  # Ray takes a second to import

            model = start_model(phase, config, folder)
            learner: Learner = stack.enter_context(rapid_learner(model, phase, config.rapid, seed, ranks))
        else:
            learner = build_learner(phase, config, GraphEnv(phase.env, seed, threads=1), folder, ranks)
        torch.manual_seed(seed + 500)
        loop = PhaseLoop(learner, phase, config, folder / phase.name, ranks)
        resumed = loop.resume()
        say(f"{title}: " + (f"goes on from step {loop.steps:,}" if resumed else "begins"), flush=True)
        loop.loop(stop)
        say(f"{title}: checkpoint at step {loop.steps:,}", flush=True)


def _silent(*_: object, **__: object) -> None:
    """What the other ranks say."""


def build_learner(
    phase: Phase, config: TrainingConfig, env: VectorEnv, folder: Path, ranks: Ranks
) -> PpoLearner | DistillLearner:
    """The phase's algorithm, with the networks of the phases it builds on."""
    if phase.kind == "ppo":
        return PpoLearner(env, start_model(phase, config, folder), phase, ranks)
    source = source_phase(config, folder, phase.teacher)
    if source.kind != "ppo":
        raise ConfigError(f"phase {phase.name!r}: teacher {phase.teacher} is of kind {source.kind!r}; it has to be ppo")
    teacher = ActorCritic(source.actor, source.critic, env.sizes, env.actions)
    teacher.load_state_dict(source_tensors(folder, phase.teacher))
    student = student_network(phase.actor, env)
    begin_with(student, phase, config, folder)
    return DistillLearner(env, teacher.requires_grad_(False), student, phase, ranks)


def start_model(phase: PpoPhase, config: TrainingConfig, folder: Path) -> ActorCritic:
    """Policy and value network of a PPO phase, untrained or those of the phase it starts from."""
    model = ActorCritic(phase.actor, phase.critic, group_sizes(phase.env), GraphEnv.actions)
    begin_with(model, phase, config, folder)
    return model


def _with_cluster(config: TrainingConfig) -> TrainingConfig:
    """The configuration with the address of a cluster that all ranks join; one of this machine where none is named."""
    from inhand_training.rapid.cluster import join_cluster

    assert config.rapid is not None, "asked for where there is a cluster alone"
    return replace(config, rapid=replace(config.rapid, address=join_cluster(config.rapid.address)))


def student_network(config: NetworkConfig, env: VectorEnv) -> Network:
    """An untrained policy network with 11 bins a coordinate."""
    if config.head != "bins":
        raise ConfigError(f"a student has head 'bins', given {config.head!r}")
    return Network(config, env.sizes[config.observes], env.actions * N_BINS, gain=0.01)
