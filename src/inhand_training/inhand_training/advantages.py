"""Generalised advantage estimation over truncated sequences whose episodes end mid-sequence."""

from __future__ import annotations

import torch
from torch import Tensor


def generalised_advantages(
    reward: Tensor, value: Tensor, terminal: Tensor, ended: Tensor, gamma: float, lam: float
) -> Tensor:
    """Advantages by GAE(gamma, lambda); Schulman et al. 2016, values of the paper's Table 10.

    Step t goes from observation t to observation t + 1. Where `ended`, observation t + 1 is the last of its episode:
    the trace stops there, and its value counts unless the end is `terminal` (a drop). The step that follows an end
    leads from the last observation into a new episode; it is no transition, and callers give it no weight. Its own
    `ended` must be true so that nothing leaks through it.

    Args:
        reward: (T, B) reward of each step.
        value: (T + 1, B) value of each observation, in the reward's units.
        terminal: (T, B) bool, nothing follows.
        ended: (T, B) bool, the trace stops after this step; holds wherever `terminal` does.
        gamma: discount per step.
        lam: lambda.

    Returns:
        (T, B) advantages; advantages + value[:-1] are the value targets.
    """
    alive = 1.0 - terminal.to(value.dtype)
    carry = 1.0 - ended.to(value.dtype)
    delta = reward + gamma * alive * value[1:] - value[:-1]
    advantage = torch.empty_like(delta)
    trace = torch.zeros_like(delta[0])
    for t in range(len(delta) - 1, -1, -1):
        trace = delta[t] + gamma * lam * carry[t] * trace
        advantage[t] = trace
    return advantage
