"""Episodes begin shortly before failures, in the world where they happened."""

from types import SimpleNamespace

import numpy as np
import pytest

from inhand_core.config import ConfigError, load_config
from inhand_core.random import RowRandom, row_seeds
from inhand_sim import failures
from inhand_sim.draws import WorldDraw
from inhand_sim.failures import EVERY, FailureResetConfig, FailureResets

TICK_S, ROWS, SIZE = 0.08, 6, 8


def draw(rows):
    return WorldDraw.nominal(rows, bodies=3, joints=24, actuators=20, markers=5)


@pytest.fixture
def one(monkeypatch):
    monkeypatch.setattr(failures, "FEWEST", 1)
    config = FailureResetConfig(share=0.5, size=SIZE, before_s=(1.0, 3.0))
    resets = FailureResets(config, np.zeros((ROWS, 31)), np.zeros((ROWS, 30)), draw(SIZE), TICK_S)
    return SimpleNamespace(resets=resets, random=RowRandom(row_seeds(3, ROWS), "test"))


def play(one, ticks, first=0, still=()):
    """Every row's qpos is its tick, its qvel its number."""
    for tick in range(first, first + ticks):
        now = np.full((ROWS, 31), float(tick))
        mask = np.isin(np.arange(ROWS), still) & (tick == first)
        one.resets.remember(tick, now, np.tile(np.arange(ROWS)[:, None], 30).astype(float), mask)


def test_a_kept_state_is_from_one_to_three_seconds_before_with_its_world(one):
    play(one, 200)
    worlds = draw(ROWS)
    worlds.size[:] = 1.0 + 0.01 * np.arange(ROWS)
    worlds.markers[:] = 7.0
    for _ in range(30):
        one.resets.keep(np.array([2, 5]), 199, worlds, one.random)
    rows, places = one.resets.choose(np.arange(ROWS), one.random)
    given = draw(ROWS)
    qpos, qvel = one.resets.give(rows, places, given)
    before = (199 - qpos[:, 0]) * TICK_S
    slack = EVERY * TICK_S
    assert (before >= 1.0 - slack).all() and (before <= 3.0 + slack).all()
    assert set(qvel[:, 0]) <= {2.0, 5.0}
    np.testing.assert_allclose(given.size[rows], 1.0 + 0.01 * qvel[:, 0])
    assert (given.markers == 0.0).all()  # where markers stick is drawn for each episode
    assert one.resets.state.kept == 60


def test_an_episode_that_is_too_short_keeps_none(one):
    play(one, 100)
    play(one, 6, first=100, still=[1])  # row 1 was reset half a second ago
    one.resets.keep(np.array([1]), 105, draw(ROWS), one.random)
    assert one.resets.state.kept == 0
    one.resets.keep(np.array([0]), 105, draw(ROWS), one.random)
    assert one.resets.state.kept == 1


def test_the_share_of_the_resets_begins_before_failures(one):
    play(one, 100)
    rows = np.arange(ROWS)
    assert one.resets.choose(rows, one.random)[0].size == 0  # nothing has failed yet
    one.resets.keep(rows, 99, draw(ROWS), one.random)
    chosen = sum(one.resets.choose(rows, one.random)[0].size for _ in range(400))
    assert 0.45 < chosen / (400 * ROWS) < 0.55


def test_the_newest_states_are_kept(one):
    play(one, 100)
    for _ in range(SIZE):
        one.resets.keep(np.array([0]), 99, draw(ROWS), one.random)
    play(one, 100, first=100)
    for _ in range(SIZE):
        one.resets.keep(np.array([4]), 199, draw(ROWS), one.random)
    assert (one.resets.state.qvel == 4.0).all() and (one.resets.state.qpos > 99).all()


def test_times_in_the_wrong_order_are_refused():
    with pytest.raises(ConfigError, match="before_s"):
        load_config(FailureResetConfig, {"share": 0.5, "size": 8, "before_s": [3.0, 1.0]})
