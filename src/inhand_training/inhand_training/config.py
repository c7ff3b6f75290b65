"""The whole configuration of a training run: phases one after another, read from config/training/*.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from inhand_core.config import ConfigError, load_config, merge, read_yaml
from inhand_core.ranges import NOT_NEGATIVE, POSITIVE
from inhand_training.distill import DistillConfig
from inhand_training.graph_env import GraphEnvConfig
from inhand_training.networks import NetworkConfig
from inhand_training.ppo import PpoConfig
from inhand_training.rapid.config import RapidConfig


@dataclass(frozen=True)
class Until:
    """When a phase is over: the first of simulated steps (all ranks) and minutes of wall time; 0 = no limit."""

    steps: Annotated[int, NOT_NEGATIVE] = 0
    minutes: Annotated[float, NOT_NEGATIVE] = 0.0

    def __post_init__(self) -> None:
        if self.steps <= 0 and self.minutes <= 0:
            raise ConfigError("give at least one of ['minutes', 'steps'] > 0")


@dataclass(frozen=True)
class PhaseConfig:
    """One phase of a run.

    Attributes:
        name: of its folder.
        kind: "ppo", or "distill" (a student learns from the teacher).
        env: the environment.
        until: its end.
        actor: policy network; of the student when distilling.
        critic: value network, for PPO.
        ppo: hyper-parameters of PPO.
        distill: hyper-parameters of distillation.
        start_from: an earlier phase whose networks this one begins with, the folder of another run's phase, a networks
            file (.safetensors), or a weights file, which holds a policy alone.
        critic_from: where the value network of a PPO phase begins; as `start_from`, but no weights file. Without it,
            with the policy's where that has one.
        teacher: the earlier phase that is distilled, the folder of another run's phase, or a networks file.
    """

    name: str
    kind: Literal["ppo", "distill"]
    env: GraphEnvConfig
    until: Until
    actor: NetworkConfig
    critic: NetworkConfig | None = None
    ppo: PpoConfig | None = None
    distill: DistillConfig | None = None
    start_from: str | None = None
    critic_from: str | None = None
    teacher: str | None = None

    def __post_init__(self) -> None:
        needed = {"ppo": ("critic", "ppo"), "distill": ("distill", "teacher")}[self.kind]
        if missing := [key for key in needed if getattr(self, key) is None]:
            raise ConfigError(f"phase {self.name!r} of kind {self.kind!r} needs {missing}")


@dataclass(frozen=True)
class TrainingConfig:
    """A run.

    Attributes:
        seed: decides everything that is random.
        ranks: data-parallel processes of one thread each; 0 = one a core.
        checkpoint_s: time between checkpoints [s].
        log_s: time between lines of the log [s].
        phases: in order.
        kept: folder with what `inhand train keep` has written, which phases that a run's folder knows nothing of go on
            from; below the project's root where there is none of that path.
        rapid: rollout workers that gather the experience of phases of kind "ppo"; none: the ranks do it themselves.
    """

    seed: Annotated[int, NOT_NEGATIVE]
    ranks: Annotated[int, NOT_NEGATIVE]
    checkpoint_s: Annotated[float, POSITIVE]
    log_s: Annotated[float, NOT_NEGATIVE]
    phases: tuple[PhaseConfig, ...]
    rapid: RapidConfig | None = None
    kept: str | None = None

    def __post_init__(self) -> None:
        names: list[str] = []
        for phase in self.phases:
            for reference in (phase.start_from, phase.critic_from, phase.teacher):
                if reference is not None and reference not in names and not is_file(reference):
                    raise ConfigError(f"phase {phase.name!r} refers to {reference!r}; earlier phases: {names}")
            if is_file(phase.name):
                raise ConfigError(f"phase {phase.name!r}: the name of a phase has no slash")
            if phase.name in names:
                raise ConfigError(f"two phases are called {phase.name!r}")
            names.append(phase.name)


def is_file(reference: str | None) -> bool:
    """Whether a `start_from` or `teacher` names a file or folder: it has a slash, where no phase of the run has one."""
    return reference is not None and "/" in reference


def load_training(path: str | Path, overrides: Mapping[str, Any] | None = None) -> TrainingConfig:
    """Reads a run; the section `defaults` is laid under each phase, `overrides` over the top level.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    raw = dict(read_yaml(path))
    defaults = raw.pop("defaults", {})
    raw["phases"] = [merge(defaults, phase) for phase in raw.get("phases", [])]
    raw.update(overrides or {})
    return load_config(TrainingConfig, raw, str(path))
