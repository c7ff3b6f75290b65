"""The whole configuration of a training run: phases one after another, read from config/training/*.yaml."""

from __future__ import annotations

import dataclasses
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


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """What every phase of a run has.

    Attributes:
        name: of its folder.
        env: the environment.
        until: its end.
        actor: policy network; of the student when distilling.
        start_from: an earlier phase whose networks this one begins with, the folder of another run's phase, a networks
            file (.safetensors), or a weights file, which holds a policy alone.
    """

    name: str
    env: GraphEnvConfig
    until: Until
    actor: NetworkConfig
    start_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class PpoPhase(_Phase):
    """A phase that learns by PPO.

    Attributes:
        kind: "ppo".
        critic: value network.
        ppo: hyper-parameters.
        critic_from: where the value network begins; as `start_from`, but no weights file. Without it, with the policy's
            where that has one.
    """

    kind: Literal["ppo"]
    critic: NetworkConfig
    ppo: PpoConfig
    critic_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class DistillPhase(_Phase):
    """A phase in which a student learns from a teacher.

    Attributes:
        kind: "distill".
        distill: hyper-parameters.
        teacher: the earlier phase that is distilled, the folder of another run's phase, or a networks file.
    """

    kind: Literal["distill"]
    distill: DistillConfig
    teacher: str


Phase = PpoPhase | DistillPhase
_KINDS: dict[str, type[PpoPhase] | type[DistillPhase]] = {"ppo": PpoPhase, "distill": DistillPhase}


def references(phase: Phase) -> tuple[str, ...]:
    """What a phase begins with or learns from: phases, folders and files."""
    others = (phase.critic_from,) if phase.kind == "ppo" else (phase.teacher,)
    return tuple(name for name in (phase.start_from, *others) if name is not None)


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
    phases: tuple[Phase, ...]
    rapid: RapidConfig | None = None
    kept: str | None = None

    def __post_init__(self) -> None:
        names: list[str] = []
        for phase in self.phases:
            for reference in references(phase):
                if reference not in names and not is_file(reference):
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
    """Reads a run; of the section `defaults` each phase takes what its kind has, `overrides` go over the top level.

    A recipe may name another as its `base`, beside it, and say what differs: its `phases` are then a mapping of those
    of the base's phases that it runs, each with its changes, in the base's order. What a base keeps is its own: `kept`
    is not taken over.

    Raises:
        ConfigError: naming what is wrong and what would be valid.
    """
    raw = _with_base(Path(path))
    defaults = raw.pop("defaults", {})
    known = {field.name for cls in _KINDS.values() for field in dataclasses.fields(cls)}
    if unknown := sorted(set(defaults) - known):
        raise ConfigError(f"{path}: defaults: unknown {unknown}; known {sorted(known)}")
    raw["phases"] = [
        merge(of_its_kind({**defaults, "kind": phase.get("kind")}), phase) if isinstance(phase, Mapping) else phase
        for phase in raw.get("phases", [])
    ]
    raw.update(overrides or {})
    return load_config(TrainingConfig, raw, str(path))


def _with_base(path: Path) -> dict[str, Any]:
    raw = dict(read_yaml(path))
    if (name := raw.pop("base", None)) is None:
        return raw
    changes = raw.pop("phases", {})
    if not isinstance(name, str) or not isinstance(changes, Mapping):
        raise ConfigError(f"{path}: base is the name of a recipe, and its phases are a mapping of what differs in them")
    base = dict(read_yaml(path.parent / name))
    if "base" in base:
        raise ConfigError(f"{path}: base: {name} has a base itself; name {base['base']!r} and say what differs from it")
    base.pop("kept", None)
    phases = base.get("phases", [])
    if unknown := sorted(set(changes) - {phase.get("name") for phase in phases}):
        raise ConfigError(f"{path}: phases: unknown {unknown}; {name} has {[phase.get('name') for phase in phases]}")
    merged = dict(merge(base, raw))
    merged["phases"] = [merge(phase, changes[phase["name"]] or {}) for phase in phases if phase["name"] in changes]
    return merged


def load_resolved(path: str | Path) -> TrainingConfig:
    """Reads what a run wrote of its own configuration, also one by a program whose phases had the keys of all kinds.

    Raises:
        ConfigError: as `load_training`.
    """
    raw = dict(read_yaml(path))
    raw["phases"] = [of_its_kind(phase) for phase in raw.get("phases", [])]
    return load_config(TrainingConfig, raw, str(path))


def of_its_kind(phase: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a phase that its kind has; all of them where there is no such kind, for the reader to refuse."""
    if (cls := _KINDS.get(phase.get("kind", ""))) is None:
        return dict(phase)
    return {name: phase[name] for name in phase if name in {field.name for field in dataclasses.fields(cls)}}
