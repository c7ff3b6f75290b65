"""A rollout made ready for an update, and its random parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from inhand_training.networks import Memory


@dataclass
class Batch:
    """Transitions of a minibatch; (T, n, …) with memory, (1, n, …) without.

    Attributes:
        observation: by group.
        sample, log_probability: what the policy drew, and its log probability then.
        advantage: normalised over the whole update.
        target: of the value network, normalised.
        weight: 0 for steps that are no transition.
        start: the observation begins an episode.
        memory: of policy and value network before the first step.
        reference: parameters of the distribution that the policy is held to; None without an anchor.
    """

    observation: dict[str, Tensor]
    sample: Tensor
    log_probability: Tensor
    advantage: Tensor
    target: Tensor
    weight: Tensor
    start: Tensor
    memory: tuple[Memory, Memory]
    reference: Tensor | None = None


def minibatches(whole: Batch, size: int, recurrent: bool) -> Iterator[Batch]:
    """Random parts of about `size` transitions: whole rows where there is memory, single transitions where none is."""
    steps, rows = whole.weight.shape
    if recurrent:
        for pick in torch.randperm(rows).split(max(1, size // steps)):
            yield _select(whole, lambda x, i=pick: x[:, i], pick)
        return
    for pick in torch.randperm(steps * rows).split(size):
        yield _select(whole, lambda x, i=pick: x.flatten(0, 1)[i][None], None)


def _select(whole: Batch, pick: Callable[[Tensor], Tensor], rows: Tensor | None) -> Batch:
    """The part of a batch that `pick` takes from each (T, B, …) tensor; memories by `rows`."""

    def memory(m: Memory) -> Memory:
        return None if m is None or rows is None else tuple(part[rows] for part in m)

    return Batch(
        {name: pick(x) for name, x in whole.observation.items()},
        pick(whole.sample),
        pick(whole.log_probability),
        pick(whole.advantage),
        pick(whole.target),
        pick(whole.weight),
        pick(whole.start),
        (memory(whole.memory[0]), memory(whole.memory[1])),
        None if whole.reference is None else pick(whole.reference),
    )
