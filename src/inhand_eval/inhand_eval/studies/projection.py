"""A simulation on paper of many workers, from measured costs; the rules are those of `inhand_training.rapid`.

Every worker gathers a chunk with the parameters of its order. The optimiser takes finished chunks one after another:
each comes over the optimiser's network link and is unpacked, and its worker gets the newest order at once. What is
older than allowed is thrown away. With enough chunks it updates, while the workers go on; who finishes meanwhile
waits. Optimisers are alike and wait for each other at every minibatch, so that one with its share of the workers
stands for all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_eval.studies.costs import Costs
from inhand_eval.studies.runs import STEP_S, YEAR_S

UPDATES, WARM_UP = 60, 10
"""Updates that are simulated, after this many that do not count."""


@dataclass(frozen=True)
class Cluster:
    """What is assumed of a cluster.

    Attributes:
        workers: rollout workers, a core each.
        optimizers: data-parallel optimisers.
        chunks: chunks of an update, per optimiser; 0: one of each of its workers.
        link: bandwidth of an optimiser's network link, each way [byte/s].
        machine_cores: workers on a machine, which fetches an order once for all of them.
        speed: of an optimiser, as a multiple of the measured core's.
        max_staleness: chunks older than this many updates are thrown away.
    """

    workers: int
    optimizers: int
    chunks: int
    link: float
    machine_cores: int
    speed: float
    max_staleness: int

    def __post_init__(self) -> None:
        if not 1 <= self.optimizers <= self.workers:
            raise ConfigError(f"optimizers must be in 1 … {self.workers} (workers), are {self.optimizers}")
        if not (self.link > 0 and self.speed > 0 and self.machine_cores >= 1):
            raise ConfigError("the link's bandwidth, an optimiser's speed and a machine's cores must be > 0")


@dataclass(frozen=True)
class Times:
    """Seconds that one optimiser with its share of the workers takes for each thing it does.

    Attributes:
        workers, chunks: its share, and the chunks of its update.
        receive: for a chunk to come over the link and be unpacked.
        pull: from a chunk's receipt until its worker has the next order.
        arithmetic: of an update; ring: the exchange of gradients in it, once a minibatch.
    """

    workers: int
    chunks: int
    receive: float
    pull: float
    arithmetic: float
    ring: float


def times(costs: Costs, cluster: Cluster) -> Times:
    """The costs on a cluster. A minibatch grows with the update, so that their number is the measured phase's."""
    share = cluster.workers // cluster.optimizers
    chunks = cluster.chunks or share
    arithmetic = costs.update_base_s + costs.update_step_s * chunks * costs.chunk_steps
    machines = -(-share // cluster.machine_cores)
    return Times(
        workers=share,
        chunks=chunks,
        receive=costs.chunk_bytes / cluster.link + costs.unpack_s,
        pull=costs.pull_s + machines * costs.order_bytes / cluster.link,
        arithmetic=arithmetic / cluster.speed,
        ring=costs.minibatches * 2.0 * (1.0 - 1.0 / cluster.optimizers) * costs.order_bytes / cluster.link,
    )


@dataclass
class Tally:
    """What is counted: chunks used and thrown away, seconds of workers' gathering and of the optimiser, by kind."""

    used: int = 0
    thrown: int = 0
    busy: float = 0.0
    waiting: float = 0.0
    receiving: float = 0.0
    updating: float = 0.0
    ages: list[int] = field(default_factory=list)


def simulate(costs: Costs, at: Times, max_staleness: int, seed: int) -> Tally:
    """`WARM_UP` updates, and the tally of `UPDATES` more."""
    random = np.random.default_rng(seed)
    done = [(float(first), 0) for first in random.choice(costs.chunk_s, at.workers)]  # when it is there, its version
    heapq.heapify(done)
    now, tally = 0.0, Tally()
    for version in range(WARM_UP + UPDATES):
        if version == WARM_UP:
            tally = Tally()
        taken = 0
        while taken < at.chunks:
            finish, theirs = heapq.heappop(done)
            tally.waiting += max(finish - now, 0.0)
            tally.receiving += at.receive
            now = max(now, finish) + at.receive
            gather = float(random.choice(costs.chunk_s))
            heapq.heappush(done, (now + at.pull + gather, version))
            tally.busy += gather
            if version - theirs > max_staleness:
                tally.thrown += 1
                continue
            taken += 1
            tally.ages.append(version - theirs)
        tally.used += taken
        now += at.arithmetic + at.ring
        tally.updating += at.arithmetic + at.ring
    return tally


def project(costs: Costs, cluster: Cluster, seed: int = 0) -> dict[str, Any]:
    """What a user of the cluster would see.

    Returns:
        steps_per_s: environment steps learned from, over all optimisers; years_per_hour: the same in simulated years;
        updates_per_s; worker_busy: share of their time that workers gather; staleness, staleness_max: of the chunks
        used [updates]; thrown_away: share of the chunks; waiting, receiving, updating: shares of an optimiser's time;
        hours_3_years, hours_100_years: to the experience that the paper needed without and with randomisation;
        speed_needed: of optimisers that update while their workers gather, as a multiple of the measured core's; None
        where their links alone take longer.
    """
    at = times(costs, cluster)
    tally = simulate(costs, at, cluster.max_staleness, seed)
    seconds = tally.waiting + tally.receiving + tally.updating
    rate = tally.used * costs.chunk_steps * cluster.optimizers / seconds
    years = rate * STEP_S / YEAR_S * 3600.0
    spare = float(np.median(costs.chunk_s)) - at.chunks * at.receive - at.ring
    return {
        "workers": cluster.workers,
        "optimizers": cluster.optimizers,
        "steps_per_s": rate,
        "years_per_hour": years,
        "updates_per_s": UPDATES / seconds,
        "worker_busy": min(1.0, tally.busy / (seconds * at.workers)),
        "staleness": float(np.mean(tally.ages)),
        "staleness_max": max(tally.ages),
        "thrown_away": tally.thrown / (tally.thrown + tally.used),
        "waiting": tally.waiting / seconds,
        "receiving": tally.receiving / seconds,
        "updating": tally.updating / seconds,
        "hours_3_years": 3.0 / years,
        "hours_100_years": 100.0 / years,
        "speed_needed": at.arithmetic * cluster.speed / spare if spare > 0 else None,
    }
