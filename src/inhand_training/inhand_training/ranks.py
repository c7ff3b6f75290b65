"""Data-parallel ranks under torch.distributed (gloo): one process a rank, gradients and statistics averaged."""

from __future__ import annotations

import dataclasses
import os
import signal
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn

from inhand_training.env import Counts

STOPS = (signal.SIGTERM, signal.SIGINT)


class Ranks:
    """The processes of a run; with one process every operation is the identity.

    Args:
        rank: this process, from 0.
        size: number of processes.
        store: path of a file that does not exist yet, for the rendezvous; needed when size > 1.
    """

    def __init__(self, rank: int = 0, size: int = 1, store: str | None = None) -> None:
        self.rank, self.size = rank, size
        if size > 1:
            distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=size)

    @property
    def is_first(self) -> bool:
        """Whether this process writes logs and checkpoints."""
        return self.rank == 0

    def mean(self, value: Tensor) -> Tensor:
        """The average of a tensor over the ranks, the same bits on each."""
        if self.size == 1:
            return value
        value = value.clone()
        distributed.all_reduce(value)
        return value / self.size

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Averages the gradients in one message."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = self.mean(torch.cat([g.reshape(-1) for g in gradients]))
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def same_start(self, module: nn.Module) -> None:
        """Copies rank 0's parameters and buffers to all."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                distributed.broadcast(tensor, 0)

    def any(self, flag: bool) -> bool:
        """Whether the flag holds on any rank."""
        return bool(self.mean(torch.tensor([float(flag)])) > 0) if self.size > 1 else flag

    def barrier(self) -> None:
        """Waits for all."""
        if self.size > 1:
            distributed.barrier()

    def close(self) -> None:
        """Leaves the group."""
        if self.size > 1:
            distributed.destroy_process_group()


def sum_of_ranks(counts: Counts, ranks: Ranks) -> Counts:
    """The counts of all ranks together."""
    mean = ranks.mean(torch.tensor(dataclasses.astuple(counts), dtype=torch.float64))
    return Counts(*(round(value * ranks.size) for value in mean.tolist()))


class StopRequest:
    """Whether SIGTERM or SIGINT has asked the run to write a checkpoint and end.

    Args:
        speaks: say on the terminal what the run does before it ends.
    """

    def __init__(self, speaks: bool = False) -> None:
        self._asked, self._speaks = False, speaks
        for number in STOPS:
            signal.signal(number, self._ask)

    def _ask(self, *_: Any) -> None:
        if self._speaks and not self._asked:
            os.write(
                2, b"stopping: this update is finished and a checkpoint written; the same command goes on from it\n"
            )
        self._asked = True

    def __call__(self) -> bool:
        return self._asked


def spawn_ranks(function: Callable[..., None], size: int, *arguments: Any) -> None:
    """Runs `function(rank, size, store, *arguments)` in `size` processes of one thread each, until all have ended.

    SIGTERM and SIGINT are passed on to them, see `StopRequest`: who stops a service or a container tells its first
    process alone.

    Raises:
        torch.multiprocessing.ProcessRaisedException: a rank failed; the others are ended.
    """
    with tempfile.TemporaryDirectory() as meeting:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        ranks: Any = spawn(function, (size, f"{meeting}/ranks", *arguments), nprocs=size, join=False)

        def pass_on(number: int, _: Any) -> None:
            for process in ranks.processes:
                if process.is_alive():
                    os.kill(process.pid, number)

        before = {number: signal.signal(number, pass_on) for number in STOPS}
        try:
            while not ranks.join():
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
