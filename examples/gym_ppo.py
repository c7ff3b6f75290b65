#!/usr/bin/env python3
"""PPO on the Gymnasium environments, in the style of CleanRL: one file, torch alone.   python3 examples/gym_ppo.py

It learns to keep the block on the palm and to turn it towards near goals in a few minutes; `inhand train policy` is
what trains the shipped policies.
"""

import argparse
import itertools
import time
from typing import Any

import gymnasium
import numpy as np
import torch
from torch import Tensor, nn

import inhand_gym  # noqa: F401  (registers the environments)


class Agent(nn.Module):
    """A Gaussian policy and a value network, both of observations scaled by their running statistics."""

    mean: Tensor
    square: Tensor

    def __init__(self, inputs: int, actions: int) -> None:
        super().__init__()
        self.actor, self.critic = self._network(inputs, actions, 0.01), self._network(inputs, 1, 1.0)
        self.log_std = nn.Parameter(torch.full((actions,), -0.7))
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("square", torch.ones(inputs))

    @staticmethod
    def _network(inputs: int, outputs: int, gain: float) -> nn.Sequential:
        sizes, layers = (inputs, 256, 128), []
        for width, following in itertools.pairwise(sizes):
            layers += [nn.Linear(width, following), nn.ELU()]
        head = nn.Linear(sizes[-1], outputs)
        nn.init.orthogonal_(head.weight, gain)
        return nn.Sequential(*layers, head)

    def forward(self, seen: Tensor) -> tuple[torch.distributions.Normal, Tensor]:
        """Distribution of actions and value."""
        x = ((seen - self.mean) / (self.square - self.mean**2).clamp_min(1e-6).sqrt()).clamp(-5.0, 5.0)
        return torch.distributions.Normal(self.actor(x), self.log_std.exp()), self.critic(x)[..., 0]

    @torch.no_grad()
    def take_statistics(self, seen: Tensor, rate: float) -> None:
        """Moves the statistics towards those of (…, n)."""
        seen = seen.flatten(0, -2)
        self.mean.lerp_(seen.mean(0), rate)
        self.square.lerp_((seen * seen).mean(0), rate)


def train(num_envs: int = 64, horizon: int = 32, updates: int = 50, seed: int = 0, **settings) -> list[float]:
    """Trains for this many updates; returns the mean reward of a step in each."""
    torch.manual_seed(seed)
    envs: Any = gymnasium.make_vec("inhand/Block-v0", num_envs=num_envs, max_goal_angle=1.2, **settings)
    agent = Agent(envs.single_observation_space.shape[0], envs.single_action_space.shape[0])
    optimizer = torch.optim.Adam(agent.parameters(), lr=5e-4, eps=1e-5)
    seen = torch.from_numpy(envs.reset(seed=seed)[0])
    agent.take_statistics(seen, 1.0)
    starting, history, begun = torch.zeros(num_envs, dtype=torch.bool), [], time.monotonic()
    for update in range(updates):
        rows = []
        for _ in range(horizon):
            with torch.no_grad():
                policy, value = agent(seen)
                action = policy.sample()
            after, reward, terminated, truncated, _ = envs.step(action.numpy())
            reward, done = torch.from_numpy(reward).float(), torch.from_numpy(terminated | truncated)
            # The step after an end leads into the next episode: it is no experience.
            rows.append((seen, action, policy.log_prob(action).sum(-1), value, reward, done, ~starting))
            seen, starting = torch.from_numpy(after), done
        observation, action, old, value, reward, done, valid = (torch.stack(column) for column in zip(*rows))
        with torch.no_grad():
            following = agent(seen)[1]
        advantage = advantages(reward, value, done, following)
        target = advantage + value
        learn(agent, optimizer, [observation, action, old, advantage, target], valid)
        agent.take_statistics(observation, 0.05)
        history.append(float(reward[valid].mean()))
        if update % 10 == 9:
            steps = (update + 1) * horizon * num_envs
            print(f"{steps:8d} steps, {time.monotonic() - begun:5.0f} s: reward {np.mean(history[-10:]):+.4f} a step")
    envs.close()
    return history


def advantages(reward: Tensor, value: Tensor, done: Tensor, following: Tensor, gamma=0.99, decay=0.95) -> Tensor:
    """Generalised advantages (T, B)."""
    result, carry = torch.zeros_like(reward), torch.zeros_like(following)
    for t in reversed(range(len(reward))):
        ahead = following if t == len(reward) - 1 else value[t + 1]
        carry = reward[t] + ~done[t] * gamma * ahead - value[t] + gamma * decay * ~done[t] * carry
        result[t] = carry
    return result


def learn(agent: Agent, optimizer: torch.optim.Optimizer, data: list[Tensor], valid: Tensor) -> None:
    """Four epochs of clipped updates on the valid steps."""
    flat = [part.flatten(0, 1)[valid.flatten()] for part in data]
    for _ in range(4):
        for pick in torch.randperm(len(flat[0])).split(512):
            observation, action, old, advantage, target = (part[pick] for part in flat)
            policy, value = agent(observation)
            ratio = (policy.log_prob(action).sum(-1) - old).exp()
            scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            gain = torch.minimum(ratio * scaled, ratio.clamp(0.8, 1.2) * scaled).mean()
            loss = (value - target).square().mean() - gain + 1e-3 * policy.mean.square().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 1.0)
            optimizer.step()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("num-envs", 64), ("horizon", 32), ("updates", 200), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    train(**vars(parser.parse_args()))
