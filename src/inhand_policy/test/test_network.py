"""Networks: time step against sequence, NumPy against torch, normaliser, distributions."""

import numpy as np
import pytest
import torch

from inhand_policy.architectures import NetworkSizes
from inhand_policy.export import initial_weights
from inhand_policy.inference import PolicyInference, RowByRow
from inhand_policy.network import PolicyNetwork
from inhand_policy.normalizer import RunningNormalizer

SMALL = NetworkSizes(dense=32, lstm=24)
FEEDFORWARD = NetworkSizes(dense=32, lstm=24, memory="feedforward")
GRU = NetworkSizes(dense=32, lstm=24, memory="gru")


def trained(network, generator):
    """The network with larger random parameters and statistics, so that differences would show."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator))
    network.normalizer.update(3.0 + 2.0 * torch.randn(500, network.trunk.inputs, generator=generator))
    return network


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(11)


@pytest.mark.parametrize("sizes", [SMALL, FEEDFORWARD, GRU])
def test_sequence_equals_single_steps_across_resets(sizes, generator):
    network = trained(PolicyNetwork(9, sizes), generator)
    observation = 3.0 + 2.0 * torch.randn(12, 5, 9, generator=generator)
    starts = torch.rand(12, 5, generator=generator) < 0.25
    memory = tuple(torch.randn(5, 24, generator=generator) for _ in network.initial_memory(5))
    outputs, after = network.sequence(observation, memory, starts)
    for t in range(12):
        memory = tuple(torch.where(starts[t][:, None], 0.0, part) for part in memory)
        output, memory = network.step(observation[t], memory)
        torch.testing.assert_close(output, outputs[t], atol=1e-5, rtol=1e-5)
    for one, other in zip(memory, after, strict=True) if sizes.memory != "feedforward" else ():
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_memory_matters_and_a_start_erases_it(generator):
    network = trained(PolicyNetwork(9, SMALL), generator)
    observation = torch.randn(2, 1, 9, generator=generator)
    none, start = torch.zeros(2, 1, dtype=torch.bool), torch.tensor([[False], [True]])
    memory = network.initial_memory(1)
    kept, _ = network.sequence(observation, memory, none)
    erased, _ = network.sequence(observation, memory, start)
    fresh, _ = network.step(observation[1], memory)
    torch.testing.assert_close(erased[1], fresh)
    assert (kept[1] - fresh).abs().max() > 1e-2


def test_lstm_cell_equals_torchs_own(generator):
    network = trained(PolicyNetwork(9, SMALL), generator)
    cell, trunk = torch.nn.LSTM(32, 24), network.trunk
    cell.weight_ih_l0.data, cell.bias_ih_l0.data = trunk.input_gates.weight.data, trunk.input_gates.bias.data
    cell.weight_hh_l0.data, cell.bias_hh_l0.data = trunk.recurrent_gates.weight.data, torch.zeros(96)
    observation = torch.randn(6, 3, 9, generator=generator)
    expected, _ = cell(torch.relu(trunk.dense(network.normalizer(observation))))
    found, _ = trunk.sequence(observation, network.initial_memory(3), torch.zeros(6, 3, dtype=torch.bool))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sizes", [SMALL, FEEDFORWARD, GRU, NetworkSizes()])
def test_numpy_inference_equals_torch(sizes, generator):
    weights = initial_weights(4, sizes=sizes)
    network = trained(PolicyNetwork(22, sizes), generator)
    if sizes == NetworkSizes():  # the paper's sizes with their own initial weights
        network.load_state_dict({n: torch.from_numpy(t.copy()) for n, t in weights.tensors.items()})
    weights.tensors.update({n: t.numpy() for n, t in network.state_dict().items()})
    fast = PolicyInference(weights)
    memory, reference = fast.initial_memory(4), network.initial_memory(4)
    for _ in range(30):
        observation = torch.randn(4, 22, generator=generator, dtype=torch.float64)
        logits, memory = fast.step(observation.numpy(), memory)
        with torch.no_grad():
            expected, reference = network.step(observation, reference)
        np.testing.assert_allclose(logits, expected.numpy(), atol=1e-5, rtol=1e-4)


def test_row_of_a_batch_equals_the_row_alone(rng):
    weights = initial_weights(4, sizes=NetworkSizes(128, 64))
    batched, exact = PolicyInference(weights), RowByRow(PolicyInference(weights))
    single, alone = PolicyInference(weights), None
    memories = [n.initial_memory(64) for n in (batched, exact)] + [single.initial_memory(1)]
    for _ in range(10):
        observation = rng.normal(size=(64, 22))
        whole, memories[0] = batched.step(observation, memories[0])
        rows, memories[1] = exact.step(observation, memories[1])
        alone, memories[2] = single.step(observation[7:8], memories[2])
        np.testing.assert_allclose(whole[7], alone[0], atol=1e-5)
        assert rows[7].tobytes() == alone[0].tobytes()


def test_normaliser_has_the_mean_and_deviation_of_all_samples_and_clips(generator):
    normalizer = RunningNormalizer(3)
    samples = torch.randn(1000, 3, generator=generator, dtype=torch.float64) * torch.tensor([1.0, 20.0, 0.1]) + 4.0
    for part in samples.split([1, 300, 699]):
        normalizer.update(part)
    torch.testing.assert_close(normalizer.mean, samples.mean(0))
    torch.testing.assert_close(normalizer.variance, samples.var(0, unbiased=False))
    assert normalizer.count.tolist() == [1000.0] * 3
    assert normalizer(torch.full((1, 3), 1e4)).tolist() == [[5.0, 5.0, 5.0]]
    torch.testing.assert_close(
        normalizer.denormalize(normalizer(samples[:9])), samples[:9].float(), rtol=1e-4, atol=1e-4
    )


def test_normaliser_forgets_when_its_count_is_bounded():
    normalizer = RunningNormalizer(1)
    normalizer.update(torch.zeros(100, 1), max_count=100)
    for _ in range(20):
        normalizer.update(torch.ones(100, 1), max_count=100)
    assert 0.999 < normalizer.mean.item() <= 1.0


def test_gradients_reach_every_parameter(generator):
    network = trained(PolicyNetwork(9, SMALL), generator)
    logits, _ = network.sequence(torch.randn(4, 2, 9), network.initial_memory(2), torch.zeros(4, 2, dtype=torch.bool))
    logits.square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.parameters())


@pytest.mark.parametrize("bad", [{"dense": 0}, {"lstm": -1}, {"memory": "transformer"}])
def test_bad_sizes_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        NetworkSizes(**bad)


def test_a_column_that_joins_later_takes_its_first_batch_whole():
    torch.manual_seed(1)
    normalizer = RunningNormalizer(2)
    normalizer.update(torch.randn(10000, 2), max_count=1e4)
    normalizer.count[1] = 0.0  # as a carried network's new column
    assert normalizer.unseen
    later = torch.randn(500, 2) * 0.03 + 0.7
    normalizer.update(later, max_count=1e4)
    torch.testing.assert_close(normalizer.mean[1], later[:, 1].double().mean())
    torch.testing.assert_close(normalizer.variance[1], later[:, 1].double().var(unbiased=False))
    assert normalizer.variance[0] > 0.9
    assert not normalizer.unseen


def test_one_count_of_a_file_holds_for_all_columns():
    normalizer = RunningNormalizer(3)
    state = {**normalizer.state_dict(), "count": torch.tensor(7.0, dtype=torch.float64)}
    normalizer.load_state_dict(state)
    assert normalizer.count.tolist() == [7.0] * 3
