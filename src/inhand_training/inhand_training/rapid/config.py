"""How experience is gathered by workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from inhand_core.config import check_config
from inhand_core.ranges import AT_LEAST_ONE


@dataclass(frozen=True)
class RapidConfig:
    """The rollout workers of a run.

    Attributes:
        workers: actors wanted, over all optimisers; those without a free core wait until one joins the cluster.
        chunks: chunks of one update, per optimiser; a chunk is `batch` rows of `horizon` steps.
        max_staleness: chunks gathered with parameters older than this many updates are thrown away.
        address: of the Ray cluster, as `ray start` prints it, or "auto"; empty: one of its own on this machine.
    """

    workers: Annotated[int, AT_LEAST_ONE]
    chunks: Annotated[int, AT_LEAST_ONE] = 2
    max_staleness: Annotated[int, AT_LEAST_ONE] = 4
    address: str = ""

    def __post_init__(self) -> None:
        check_config(self)  # workers may also come from the command line
