"""The moving average against its closed form."""

import numpy as np
import pytest

from inhand_core.config import ConfigError, load_config
from inhand_core.random import row_seeds
from inhand_core.signals import HandAction
from inhand_policy.smoother import ActionSmoother, SmootherConfig


def smoother(weights="new", batch=1, coefficient=0.3):
    return ActionSmoother(SmootherConfig(coefficient, 0.08, weights), row_seeds(0, batch))


def action(value, batch=1):
    return HandAction(np.full((batch, 20), value), np.full((batch, 20), 3), np.arange(batch))


@pytest.mark.parametrize(("weights", "keep"), [("new", 0.7), ("previous", 0.3)])
def test_constant_action_is_approached_as_a_geometric_series(weights, keep):
    component = smoother(weights)
    for n in range(1, 30):
        out = component.step({"action": action(0.8)}, 0.08)["action"]
        np.testing.assert_allclose(out.action, 0.8 * (1.0 - keep**n), rtol=1e-12)


def test_any_sequence_equals_the_weighted_sum(rng):
    values = rng.uniform(-1, 1, 25)
    component = smoother()
    for value in values:
        out = component.step({"action": action(value)}, 0.08)["action"]
    expected = sum(0.3 * 0.7 ** (24 - i) * value for i, value in enumerate(values))
    np.testing.assert_allclose(out.action, expected, rtol=1e-12)


def test_two_half_periods_equal_one_period():
    whole, halves = smoother(), smoother()
    whole.step({"action": action(1.0)}, 0.08)
    for _ in range(2):
        halves.step({"action": action(1.0)}, 0.04)
    np.testing.assert_allclose(halves.state.average, whole.state.average, rtol=1e-12)


def test_output_stays_in_the_range_and_carries_no_bins(rng):
    component = smoother(batch=3)
    for _ in range(50):
        out = component.step({"action": action(rng.choice([-1.0, 1.0]), 3)}, 0.08)["action"]
        assert np.abs(out.action).max() <= 1.0
    assert (out.bins == -1).all()
    assert out.trial_id.tolist() == [0, 1, 2]


def test_reset_zeroes_its_rows_alone():
    component = smoother(batch=2)
    component.step({"action": action(1.0, 2)}, 0.08)
    component.reset(np.array([True, False]))
    assert (component.state.average[0] == 0.0).all()
    np.testing.assert_allclose(component.state.average[1], 0.3, rtol=1e-12)


def test_row_of_a_batch_equals_the_row_alone_bit_for_bit(rng):
    batch, single = smoother(batch=16), smoother()
    for _ in range(20):
        values = rng.uniform(-1, 1, (16, 20))
        none = np.zeros(16, int)
        whole = batch.step({"action": HandAction(values, values, none)}, 0.08)["action"]
        alone = single.step({"action": HandAction(values[5:6], values[5:6], none[:1])}, 0.08)["action"]
        assert whole.action[5].tobytes() == alone.action[0].tobytes()


@pytest.mark.parametrize(
    ("change", "culprit"),
    [({"coefficient": 1.5}, "coefficient"), ({"period_s": 0.0}, "period_s"), ({"weights": "old"}, "weights")],
)
def test_bad_configuration_is_named(change, culprit):
    raw = {"coefficient": 0.3, "period_s": 0.08, "weights": "new", **change}
    with pytest.raises(ConfigError, match=culprit):
        load_config(SmootherConfig, raw)
