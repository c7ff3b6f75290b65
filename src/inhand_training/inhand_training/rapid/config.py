"""How experience is gathered by workers."""

from __future__ import annotations

from dataclasses import dataclass

from inhand_core.config import ConfigError


@dataclass(frozen=True)
class RapidConfig:
    """The rollout workers of a run.

    Attributes:
        workers: actors wanted, over all optimisers; those without a free core wait until one joins the cluster.
        chunks: chunks of one update, per optimiser; a chunk is `batch` rows of `horizon` steps.
        max_staleness: chunks gathered with parameters older than this many updates are thrown away.
        address: of the Ray cluster, as `ray start` prints it, or "auto"; empty: one of its own on this machine.
    """

    workers: int
    chunks: int = 2
    max_staleness: int = 4
    address: str = ""

    def __post_init__(self) -> None:
        for name in ("workers", "chunks", "max_staleness"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be >= 1, is {getattr(self, name)}")
