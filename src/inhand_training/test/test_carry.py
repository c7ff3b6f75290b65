"""A network goes on in a phase that observes other features: what both know counts as before."""

import torch

from inhand_training.carry import carry
from inhand_training.networks import Network, NetworkConfig

BEFORE = (("a", 2), ("gone", 3), ("b", 1))
AFTER = (("b", 1), ("new", 2), ("a", 2))


def make(blocks, lstm=0):
    config = NetworkConfig("x", (8,), lstm, "relu", "value")
    return Network(config, sum(size for _, size in blocks), 1, gain=1.0)


def run(network, x):
    return network(x[None], network.memory(len(x)), torch.zeros(1, len(x), dtype=torch.bool))[0][0]


def check(lstm):
    torch.manual_seed(0)
    old, new = make(BEFORE, lstm), make(AFTER, lstm)
    old.normalizer.update(torch.randn(100, 6) * 3.0 + 1.0)
    new.load_state_dict(carry(old.state_dict(), BEFORE, AFTER))
    a, b, anything = torch.randn(5, 2), torch.randn(5, 1), torch.randn(5, 2)
    gone = old.normalizer.mean[2:5].float().expand(5, 3)
    before, after = run(old, torch.cat([a, gone, b], 1)), run(new, torch.cat([b, anything, a], 1))
    torch.testing.assert_close(after, before)
    assert before.std() > 1e-3
    assert new.normalizer.count.tolist() == [100, 0, 0, 100, 100]
    assert new.normalizer.unseen


def test_feed_forward_network():
    check(lstm=0)


def test_recurrent_network():
    check(lstm=4)


def test_same_features_change_nothing():
    network = make(BEFORE)
    for name, tensor in carry(network.state_dict(), BEFORE, BEFORE).items():
        assert torch.equal(tensor, network.state_dict()[name])
