"""GAE worked by hand, with ends in the middle of the sequence."""

import pytest
import torch

from inhand_training.advantages import generalised_advantages

GAMMA, LAM = 0.5, 0.5


def column(*values):
    return torch.tensor(values)[:, None]


def run(reward, value, terminal, ended):
    return generalised_advantages(column(*reward), column(*value), column(*terminal), column(*ended), GAMMA, LAM)[:, 0]


def test_without_an_end():
    advantage = run((1.0, 2.0), (4.0, 8.0, 16.0), (False, False), (False, False))
    last = 2.0 + 0.5 * 16.0 - 8.0
    assert advantage.tolist() == pytest.approx([1.0 + 0.5 * 8.0 - 4.0 + 0.25 * last, last])


def test_terminal_end_hides_what_follows():
    advantage = run((1.0, 7.0, 2.0), (4.0, 8.0, 16.0, 32.0), (True, False, False), (True, True, False))
    last = 2.0 + 0.5 * 32.0 - 16.0
    assert advantage[0].item() == pytest.approx(1.0 - 4.0)
    assert advantage[2].item() == pytest.approx(last)


def test_time_out_counts_the_value_of_its_last_observation():
    advantage = run((1.0, 7.0, 2.0), (4.0, 8.0, 16.0, 32.0), (False, False, False), (True, True, False))
    assert advantage[0].item() == pytest.approx(1.0 + 0.5 * 8.0 - 4.0)


def test_step_between_episodes_leaks_nothing_backwards():
    first = run((1.0, 7.0, 2.0), (4.0, 8.0, 16.0, 32.0), (False, False, False), (True, True, False))
    other = run((1.0, 9.0, -5.0), (4.0, 8.0, -3.0, 7.0), (False, False, False), (True, True, False))
    assert first[0] == other[0]
