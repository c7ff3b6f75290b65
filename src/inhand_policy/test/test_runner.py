"""The policy as a component: bins, sampling, resets, staleness."""

import numpy as np
import pytest
from conftest import policy_inputs

from inhand_core.random import row_seeds
from inhand_core.signals import TrialState
from inhand_policy.actions import SHARPNESS, ZERO_BIN, bins_to_action, mean_bins, sample_bins
from inhand_policy.export import import_network, initial_weights
from inhand_policy.network import NetworkSizes
from inhand_policy.runner import PolicyConfig, PolicyRunner


@pytest.fixture(scope="module")
def weights():
    """Random weights whose head is large enough that actions differ."""
    weights = initial_weights(2, sizes=NetworkSizes(64, 32))
    rng = np.random.default_rng(0)
    weights.tensors["head.weight"] = rng.normal(size=(220, 32)).astype(np.float32) * 3.0
    return weights


def runner(weights, batch=1, deterministic=True, seed=0, row_by_row=False, patience_s=0.4):
    config = PolicyConfig("", deterministic, 1.0, 5.0, row_by_row, patience_s, 0.19)
    return PolicyRunner(config, row_seeds(seed, batch), weights)


def act(component, inputs):
    return component.step(inputs, 0.08)["action"]


def test_bins_span_the_range_with_zero_in_the_middle():
    np.testing.assert_allclose(bins_to_action(np.arange(11)), np.linspace(-1, 1, 11), atol=1e-15)
    assert bins_to_action(np.array(ZERO_BIN)) == 0.0


def test_action_is_the_bin_nearest_to_the_mean(weights, rng):
    component, inputs = runner(weights, 8), policy_inputs(8, rng)
    action = act(component, inputs)
    weights = np.exp(SHARPNESS * component.logits)
    probabilities = weights / weights.sum(-1, keepdims=True)
    mean = (probabilities * np.arange(11)).sum(-1)
    assert np.abs(action.bins - mean).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(action.action, (action.bins - 5) / 5)
    assert len(np.unique(action.bins)) > 3


def test_two_tops_give_what_lies_between_them():
    two = np.full((1, 11), -50.0)
    two[0, [2, 9]] = np.log([0.6, 0.4]) / SHARPNESS
    assert mean_bins(two).tolist() == [5]  # 0.6 * 2 + 0.4 * 9 = 4.8
    assert mean_bins(np.eye(11) * 1e4).tolist() == list(range(11))


def test_sampling_has_the_networks_distribution(rng):
    logits = rng.normal(size=(1, 11))
    bins = sample_bins(np.tile(logits, (200_000, 1)), rng.random((200_000, 11)))
    share = np.bincount(bins, minlength=11) / 200_000
    p = np.exp(logits[0]) / np.exp(logits[0]).sum()
    assert np.abs(share - p).max() < 0.005


def test_sampling_repeats_with_the_seed_and_differs_without(weights, rng):
    inputs = policy_inputs(4, rng)
    one, same, other = (runner(weights, 4, deterministic=False, seed=s) for s in (1, 1, 2))
    for _ in range(5):
        bins = [act(component, inputs).bins for component in (one, same, other)]
        np.testing.assert_array_equal(bins[0], bins[1])
        assert (bins[0] != bins[2]).any()


def test_out_of_patience_with_a_goal_it_draws_now_and_then_until_the_next(weights, rng):
    component, means = runner(weights, 2), runner(weights, 2, patience_s=0.0)
    inputs = policy_inputs(2, rng)
    drew = []
    for step in range(14):
        if step == 12:
            inputs["goal"].goal_id[0] += 1
        bins, calm = act(component, inputs).bins, act(means, inputs).bins
        drew.append((bins != calm).any(axis=1))
    # 0.48 s on one goal at the seventh step: drawn for 0.19 s, by means for as long, and so on.
    expected = [False] * 6 + [True, True, False, False, True, True]
    assert [bool(row[1]) for row in drew] == [*expected, True, False]
    assert [bool(row[0]) for row in drew] == [*expected, False, False]


def test_patience_that_is_no_time_is_refused():
    with pytest.raises(ValueError, match="dither_s must be > 0, is 0 s"):
        PolicyConfig("", True, 1.0, 5.0, False, 6.0, 0.0)


def test_stands_still_unless_the_trial_is_running(weights, rng):
    component = runner(weights, 3)
    inputs = policy_inputs(3, rng)
    inputs["trial"].state[:] = [TrialState.IDLE, TrialState.RUNNING, TrialState.ENDED]
    action = act(component, inputs)
    assert (action.action[[0, 2]] == 0).all() and (action.bins[[0, 2]] == ZERO_BIN).all()
    assert (action.action[1] != 0).any()
    assert component.state.idle.tolist() == [1, 0, 1] and component.state.stale.tolist() == [0, 0, 0]


def test_old_inputs_give_zero_actions_and_are_counted(weights, rng):
    component, inputs = runner(weights, 4), policy_inputs(4, rng)
    inputs["object_pose"].age[:] = [0.0, 1.01, 0.99, 0.0]
    inputs["fingertips"].age[3, 2] = 5.1
    action = act(component, inputs)
    moves = (action.action != 0).any(axis=1)
    assert moves.tolist() == [True, False, True, False]
    assert component.state.stale.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("gone", ["fingertips", "object_pose", "goal"])
def test_missing_input_counts_as_stale(weights, rng, gone):
    component, inputs = runner(weights), policy_inputs(1, rng)
    del inputs[gone]
    assert (act(component, inputs).action == 0).all()
    assert component.state.stale[0] == 1


@pytest.mark.parametrize("deterministic", [True, False])
def test_inputs_that_are_no_numbers_move_nothing_and_leave_no_trace(weights, rng, deterministic):
    component, inputs = runner(weights, 2, deterministic), policy_inputs(2, rng)
    inputs["fingertips"].position[1, 3, 2] = np.nan
    action = act(component, inputs)
    assert (action.action[0] != 0).any()
    assert component.state.unsound.tolist() == [0, 1] and (component.state.memory["hidden"][1] == 0).all()
    assert (action.action[1] == 0).all()
    inputs["fingertips"].position[1, 3, 2] = 0.0
    assert (act(component, inputs).action[1] != 0).any() and component.state.unsound.tolist() == [0, 1]


def test_without_a_trial_nothing_moves(weights):
    action = act(runner(weights), {})
    assert (action.action == 0).all() and action.trial_id.tolist() == [0]


def test_reset_makes_a_row_new_and_leaves_the_others(weights, rng):
    component, fresh = runner(weights, 2), runner(weights, 2)
    for _ in range(3):
        act(component, policy_inputs(2, rng))
    inputs = policy_inputs(2, rng)
    component.reset(np.array([True, False]))
    act(component, inputs)
    act(fresh, inputs)
    np.testing.assert_array_equal(component.logits[0], fresh.logits[0])
    assert np.abs(component.logits[1] - fresh.logits[1]).max() > 1e-3


def test_memory_moves_on_only_while_acting(weights, rng):
    component = runner(weights, 2)
    inputs = policy_inputs(2, rng)
    inputs["object_pose"].age[0] = 2.0
    act(component, inputs)
    assert (component.state.memory["hidden"][0] == 0).all() and (component.state.memory["hidden"][1] != 0).any()


@pytest.mark.parametrize("deterministic", [True, False])
def test_row_of_a_batch_equals_the_row_alone(weights, rng, deterministic):
    batch = runner(weights, 8, deterministic, row_by_row=True)
    seeds = row_seeds(0, 8)
    single = PolicyRunner(PolicyConfig("", deterministic, 1.0, 5.0, False, 0.4, 0.19), seeds[3:4], weights)
    for _ in range(15):
        inputs = policy_inputs(8, rng)
        row = {port: type(s)(*(v[3:4] for v in vars(s).values())) for port, s in inputs.items()}
        whole, alone = act(batch, inputs), act(single, row)
        assert whole.bins[3].tobytes() == alone.bins[0].tobytes()
        assert batch.logits[3].tobytes() == single.logits[0].tobytes()


def test_save_and_restore_repeat_bit_for_bit(weights, rng):
    component = runner(weights, 3, deterministic=False)
    act(component, policy_inputs(3, rng))
    saved = component.save()
    inputs = [policy_inputs(3, rng) for _ in range(4)]
    first = [act(component, i).bins for i in inputs]
    component.restore(saved)
    np.testing.assert_array_equal(first, [act(component, i).bins for i in inputs])


def test_published_actions_do_not_change_afterwards(weights, rng):
    component = runner(weights, 2)
    action = act(component, policy_inputs(2, rng))
    before = action.bins.copy()
    component.reset(np.array([True, True]))
    np.testing.assert_array_equal(action.bins, before)


def test_acting_equals_the_training_network_along_an_episode(weights, rng):
    import torch

    component, network = runner(weights), import_network(weights)
    memory = network.initial_memory(1)
    for _ in range(10):
        act(component, policy_inputs(1, rng))
        with torch.no_grad():
            logits, memory = network.step(torch.from_numpy(component.observation), memory)
        np.testing.assert_allclose(component.logits, logits.numpy(), atol=1e-4, rtol=1e-4)


def test_random_weights_say_so(weights):
    assert "UNTRAINED" in runner(weights).warning
