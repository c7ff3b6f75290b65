"""The rollout workers of one optimiser, as Ray actors that may die and come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ray
from ray.exceptions import ObjectLostError, RayActorError

from inhand_training.rapid.worker import Chunk, Order

POLL_S = 1.0
"""How often the wait for chunks looks up [s]."""


class WorkerPool:
    """Keeps every worker busy with one order at a time and hands out chunks as they come.

    Nobody waits for a worker: what is dead or still without a place has an order that simply does not finish. Ray
    starts a dead actor again by itself, without limit.

    Args:
        make: arguments of the worker with a given number.
        worker: class of the worker.
        numbers: of this pool's workers.
        max_staleness: see `RapidConfig`.

    Attributes:
        lost: chunks that died with their worker; stale: chunks thrown away for their age.
    """

    def __init__(
        self, worker: type, make: Callable[[int], tuple[Any, ...]], numbers: range, max_staleness: int
    ) -> None:
        # One core each; any number of restarts; a call that dies with its worker is not repeated: its order is old.
        actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=0)(worker)
        self.actors = {number: actor.remote(*make(number)) for number in numbers}
        self._max_staleness = max_staleness
        self._running: dict[ray.ObjectRef, int] = {}
        self._absent: dict[int, float] = {}  # by number of a worker that is gone: when to ask for it again
        self._newest = -1
        self.lost = self.stale = 0

    def order(self, order: Order) -> None:
        """The newest order: whoever begins a chunk from now on follows it."""
        self._reference, self._newest = ray.put(order), order.version
        self._employ_idle()

    def gather(self, count: int, waiting: Callable[[], None] = lambda: None) -> list[Chunk]:
        """The next `count` chunks.

        Args:
            count: how many.
            waiting: called about once a second while there are too few.

        Raises:
            ray.exceptions.RayTaskError: a worker raised; what it raised is its cause.
        """
        chunks: list[Chunk] = []
        while len(chunks) < count:
            done = ray.wait(list(self._running), num_returns=1, timeout=POLL_S)[0] if self._running else []
            if not done:
                waiting()
            for reference in done:
                number = self._running.pop(reference)
                if (chunk := self._take(number, reference)) is not None:
                    chunks.append(chunk)
            self._employ_idle()
        return chunks

    def close(self) -> None:
        """Ends the workers."""
        kill: Any = ray.kill  # Ray's types know a proxy of an actor as something else
        for actor in self.actors.values():
            kill(actor)

    def _take(self, number: int, reference: ray.ObjectRef) -> Chunk | None:
        try:
            chunk = ray.get(reference)
        except (RayActorError, ObjectLostError):  # the worker or its machine is gone, or is not back yet
            self.lost += number not in self._absent
            self._absent[number] = time.monotonic() + POLL_S
            return None
        self._absent.pop(number, None)
        if self._newest - chunk.version > self._max_staleness:
            self.stale += 1
            return None
        return chunk

    def _employ_idle(self) -> None:
        """Gives the newest order to all without one; who is gone is asked again now and then."""
        busy, now = set(self._running.values()), time.monotonic()
        for number, actor in self.actors.items():
            if number not in busy and self._absent.get(number, 0.0) <= now:
                self._running[actor.gather.remote(self._reference)] = number
