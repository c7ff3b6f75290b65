"""Processes that render samples into shared memory, and the ring through which a consumer takes them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
from dataclasses import fields
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from inhand_training.vision.samples import SampleConfig, SampleMaker, empty_samples
from inhand_vision.datasets.files import Samples

_PATIENCE_S = 120.0


class RenderPool:
    """Render workers, each a process with a renderer and a stream of its own.

    Args:
        config: what to render.
        states: (n, 31) qpos.
        seed: of the run; worker w draws stream seed + w of it.
        workers: number of processes.
        slots: samples that may wait in shared memory.
    """

    def __init__(self, config: SampleConfig, states: np.ndarray, seed: int, workers: int, slots: int = 64) -> None:
        context = multiprocessing.get_context("spawn")
        self._size = config.images.size
        shapes = empty_samples(1, self._size)
        self._bytes = [getattr(shapes, field.name).nbytes for field in fields(Samples)]
        self._memory = SharedMemory(create=True, size=slots * sum(self._bytes))
        self._slots = attach(self._memory, slots, self._size)
        self._free, self._ready = context.Queue(), context.Queue()
        for slot in range(slots):
            self._free.put(slot)
        self._workers = [
            context.Process(
                target=_work,
                args=(config, states, seed * 1000 + w, self._memory.name, slots, self._free, self._ready),
                daemon=True,
            )
            for w in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def take(self, out: Samples, row: int) -> None:
        """Waits for the next sample and copies it into row `row` of `out`.

        Raises:
            RuntimeError: a worker has ended; its message is in the text.
        """
        waited = 0.0
        while True:
            try:
                slot = self._ready.get(timeout=1.0)
                break
            except queue.Empty:
                self._check()
                waited += 1.0
                if waited > _PATIENCE_S:
                    raise RuntimeError(f"no sample was rendered in {_PATIENCE_S:g} s") from None
        if isinstance(slot, str):
            raise RuntimeError(f"a render worker failed: {slot}")
        for field in fields(Samples):
            getattr(out, field.name)[row] = getattr(self._slots, field.name)[slot]
        self._free.put(slot)

    def draw(self, count: int) -> Samples:
        """The next `count` samples."""
        out = empty_samples(count, self._size)
        for row in range(count):
            self.take(out, row)
        return out

    def close(self) -> None:
        """Ends the workers and frees the memory."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join()
        for line in (self._free, self._ready):
            line.cancel_join_thread()
            line.close()
        del self._slots
        self._memory.close()
        self._memory.unlink()

    def _check(self) -> None:
        if codes := [worker.exitcode for worker in self._workers if worker.exitcode is not None]:
            raise RuntimeError(f"a render worker ended with code {codes[0]}")


def attach(memory: SharedMemory, slots: int, size: int) -> Samples:
    """Arrays (slots, …) that lie in shared memory one after the other."""
    like, start, arrays = empty_samples(1, size), 0, []
    for field in fields(Samples):
        one = getattr(like, field.name)
        arrays.append(np.ndarray((slots, *one.shape[1:]), one.dtype, memory.buf, start))
        start += slots * one.nbytes
    return Samples(*arrays)


def _work(config: SampleConfig, states: np.ndarray, seed: int, name: str, slots: int, free: Any, ready: Any) -> None:
    """Renders for ever; ends with its parent, however that ends."""
    os.environ["LP_NUM_THREADS"] = "1"  # one process a core renders more than one thread a triangle
    memory = SharedMemory(name)
    arrays = attach(memory, slots, config.images.size)
    try:
        maker = SampleMaker(config, states, seed)
        while (parent := multiprocessing.parent_process()) is not None and parent.is_alive():
            with contextlib.suppress(queue.Empty):
                slot = free.get(timeout=1.0)
                maker.make(arrays, slot)
                ready.put(slot)
    except (KeyboardInterrupt, EOFError, BrokenPipeError):
        return
    except Exception as error:
        ready.put(f"{type(error).__name__}: {error}")
        raise
